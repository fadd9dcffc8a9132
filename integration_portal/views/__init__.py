"""Pages that show what several apps know."""
