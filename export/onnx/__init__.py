"""ONNX graphs of the four engines, one module each."""
