"""TensorRT plans from strongly typed graphs: what is to be built, whether it can be, and building it."""
