"""Results out of the program: plain values, frames as files, the JSON object, the destination."""
