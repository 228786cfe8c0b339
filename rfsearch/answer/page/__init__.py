"""The page: an answer's JSON document as one HTML file that opens from disk with no network."""
