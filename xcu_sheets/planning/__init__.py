"""From an edited book, its baseline and the live server to a plan, without files, network or clock."""
