"""UNIMO-G's two ideas as options of training (arXiv 2401.13388), measured with and without.

The UNet is conditioned on the language model's last hidden states over the whole interleaved prompt in place of 64
regressed features, and a loss tells the attention each reference gets where its entity stands.
"""
