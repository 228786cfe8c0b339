"""TensorFlow Lite files as networks; the extra `tflite` reads their schema."""

from rfsearch.network.tflite.read import read_tflite

__all__ = ["read_tflite"]
