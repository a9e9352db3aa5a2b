"""Operations: accepted orders of several pictures, which become jobs once their features are made."""

from services.jobs.operations.composing import Composing, OperationLease
from services.jobs.operations.register import Register
from services.jobs.operations.upkeep import Upkeep
from services.jobs.order import Operation, OperationSpec, Picture, Snapshot

__all__ = ["Composing", "Operation", "OperationLease", "OperationSpec", "Picture", "Register", "Snapshot", "Upkeep"]
