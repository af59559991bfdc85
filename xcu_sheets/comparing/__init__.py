"""Two readings of a server, or of two, and what differs between them: pure, on frames of text."""
