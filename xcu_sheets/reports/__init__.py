"""What a run tells people: problems as sentences, and the result report as a book, CSV or JSON."""
