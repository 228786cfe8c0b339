"""Member: whether a network is among the matches, and if not, at which layer and why."""
