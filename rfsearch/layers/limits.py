"""Limits: the largest numbers that a layer, an input or a space may have."""

LARGEST_NUMBER = 65_536  # of a kernel, stride, padding, dilation or input
LARGEST_SIGNAL = 10_000_000  # an input of one axis: some minutes of audio
LARGEST_DEPTH = 64  # layers of a control with loops: depths are bits of one machine word
