"""The authors' checkpoint folder: read strictly, tensor by tensor."""

from export.checkpoints.checkpoint import Checkpoint
from export.checkpoints.problems import CheckpointError

__all__ = ["Checkpoint", "CheckpointError"]
