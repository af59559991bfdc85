"""Carrying out a plan: stages, calls side by side, the history beside them, and what became of each row."""
