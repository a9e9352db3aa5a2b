"""The plain PyTorch definition of correct: transformers and diffusers, one step after the other."""

from export.reference.language import ReferenceLanguage
from export.reference.pipeline import Reference
from export.reference.prompt import Prompt
from export.reference.sampling import ImageMode, Sampling
from export.reference.turn import Turn

__all__ = ["ImageMode", "Prompt", "Reference", "ReferenceLanguage", "Sampling", "Turn"]
