"""Answer: everything an answer has to say, and how it is shown and written."""
