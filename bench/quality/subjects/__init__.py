"""Whose pictures and answers are measured: the reference, or a running stack."""
