"""Migration: from one server's people and a mapping to the rows of a book for another server; pure, as planning is."""
