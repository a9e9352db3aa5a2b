"""Slots, admission and the step scheduler behind Triton's two loop models, and the runtimes they drive.

One step thread per model advances every live row by one step; a sender thread delivers events; a watcher polls
for cancelled requests. Nothing here imports Triton: `triton.py` and `triton_model.py` are
handed its Python backend module.
"""
