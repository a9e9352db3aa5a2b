"""The stack beside plain PyTorch, measured in one run: `python -m bench`."""
