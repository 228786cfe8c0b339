"""What operations of a framework do to tensors: windows, parts, joins, products."""
