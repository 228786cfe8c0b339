"""Why: proofs about a question, the questions next door, and whether a network is a match."""
