"""The recipe of every training, and its name in the file of runs."""

EPOCHS, BATCH, RATE, MOMENTUM, DECAY = 4, 64, 0.1, 0.9, 5e-4
RECIPE = f"{EPOCHS} epochs, batch {BATCH}, one cycle up to {RATE}, decay {DECAY}"
