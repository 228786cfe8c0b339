"""Results as bytes: plain values for JSON, frames as NDJSON, CSV and Parquet."""
