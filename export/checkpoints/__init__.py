"""The authors' checkpoint folder: read strictly, mapped into memory, tensor by tensor."""

from export.checkpoints.checkpoint import Checkpoint
from export.checkpoints.problems import CheckpointError

__all__ = ["Checkpoint", "CheckpointError"]
