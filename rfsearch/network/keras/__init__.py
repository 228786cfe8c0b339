"""Keras models as networks, by their layer graph; Keras only where the user has it."""

from rfsearch.network.keras.file import load_model
from rfsearch.network.keras.read import check_model, read_keras

__all__ = ["check_model", "load_model", "read_keras"]
