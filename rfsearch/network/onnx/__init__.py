"""ONNX files as networks. Needs the extra `onnx`; nothing is run, weights are not loaded."""

from rfsearch.network.onnx.read import read_onnx

__all__ = ["read_onnx"]
