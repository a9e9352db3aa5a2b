"""The networks at published sizes on one GPU, random weights, against what the hardware allows."""
