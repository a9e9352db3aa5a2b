"""One table of what will be built."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from export.tensorrt.estimate import estimate
from export.tensorrt.plan import Target, WantedPlan
from export.tensorrt.profile import Profile

_GIB = 2**30


def plan_table(plans: Sequence[WantedPlan], target: Target) -> Table:
    """A row for each plan; sizes are lower bounds in GiB, "calls" the inputs and outputs at the largest shapes."""
    title = f"TensorRT {target.tensorrt}, {target.gpu} ({target.compute_capability})"
    table = Table(title=title, title_justify="left")
    for name in ("engine", "precision", "largest shapes", "plan >= GiB", "to build >= GiB", "calls GiB", ""):
        table.add_column(name, justify="right" if "GiB" in name else "left")
    for plan in plans:
        sizes = estimate(plan)
        table.add_row(
            plan.engine,
            plan.graph.facts.number_formats,
            "\n".join(_largest(plan, profile) for profile in plan.profiles),
            *(f"{size / _GIB:.2f}" for size in (sizes.disk, sizes.build_memory, sizes.bindings)),
            "up to date" if plan.is_built(target) else "to build",
        )
    return table


def _largest(plan: WantedPlan, profile: Profile) -> str:
    """The dynamic axes at a profile's largest, "batch 64, tokens 1"."""
    sizes: dict[str, int] = {}
    for tensor in plan.graph.inputs:
        if tensor.name in profile:
            pairs = zip(tensor.shape, profile[tensor.name].max, strict=True)
            sizes |= {axis: size for axis, size in pairs if isinstance(axis, str)}
    return ", ".join(f"{axis} {size}" for axis, size in sizes.items())
