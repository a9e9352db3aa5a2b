"""Clients of the models behind Triton.

GeneratorClient   async: text and features of n candidates        -> llama_feature_generator
EncoderClient     async: a picture's features                     -> reference_encoder
DenoiserClient    blocking: the steps of one picture              -> sdxl_denoiser
DecoderClient     blocking: latents to PNG                        -> image_decoder
health            whether the models they need are loaded

All of them raise `services.errors` only, survive a restart of Triton, and give up at a deadline.
"""
