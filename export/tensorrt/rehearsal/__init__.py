"""Graphs through the builder of NVIDIA's TensorRT-RTX, which needs no GPU: what it refuses costs no GPU hour."""
