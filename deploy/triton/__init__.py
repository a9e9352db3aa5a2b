"""NVIDIA's tritonserver from the nvidia-pytriton wheel, on one machine and without Docker."""
