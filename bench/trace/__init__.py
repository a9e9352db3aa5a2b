"""One chat through a running stack as a picture of its trace; `python -m bench.trace`."""
