"""Kernels as machine code that is kept: compiled by numba once, called without it from then on."""
