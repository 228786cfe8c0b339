"""Space: what may be built, and its grammar."""
