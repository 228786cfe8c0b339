"""From a receptive field to the convolutional networks that have it."""
