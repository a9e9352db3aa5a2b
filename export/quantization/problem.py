"""Why a graph was not quantized."""


class QuantizationError(RuntimeError):
    """One sentence that names the graph, or what its quantization lacks."""
