"""The compiled inner loops, one question or stage a file; arrays in, arrays out."""
