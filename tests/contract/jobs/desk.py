"""An office, and what tests of operations do there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.jobs.job import Job, JobState, Priority
from services.jobs.leases import Lease
from services.jobs.operations import OperationLease, OperationSpec
from tests.contract.servers.office import Office, picture


def order(key: str | None = None, digest: str = "d", **changes: object) -> OperationSpec:
    return replace(OperationSpec(tenant="acme", key=key, digest=digest, request=b"wish", count=2), **changes)  # type: ignore[arg-type]


@dataclass
class Desk(Office):
    """An office that takes five orders."""

    limit: int = 5

    def claimed(self) -> OperationLease:
        lease = self.composing.claim(Priority.INTERACTIVE)
        assert lease
        return lease

    def composed(self, count: int = 2) -> tuple[str, tuple[Job, ...]]:
        operation = self.register.add([order()])[0]
        return operation.id, self.composing.complete(self.claimed(), [picture(i) for i in range(count)], "r")

    def job_lease(self, job: Job) -> Lease:
        lease = self.leases.claim(job.id, suspect=True)
        assert isinstance(lease, Lease)
        return lease

    def state(self, operation_id: str) -> JobState:
        return self.register.get(operation_id).operation.state
