"""INT8 and FP8 for the denoiser and the decoder, calibrated on real steps, with what they cost in accuracy."""
