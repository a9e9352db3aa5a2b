from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from services.errors import InvalidArgumentError
from tests.contract.servers.bench import spec


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", 0),
        ("steps", 101),
        ("guidance", -0.1),
        ("guidance", float("nan")),
        ("guidance", float("inf")),
        ("seed", -1),
        ("seed", 2**64),
        ("preview_every", -1),
        ("features", np.zeros(4, np.float32)),
        ("features", np.zeros((64, 4), np.float64)),
        ("features", np.zeros((0, 4), np.float32)),
        ("features", np.full((2, 2), np.nan, np.float32)),
        ("deadline", datetime(2026, 1, 1)),
    ],
)
def test_a_wrong_value_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        spec(**{field: value})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_tenant_that_is_no_name_is_refused() -> None:
    with pytest.raises(InvalidArgumentError):
        spec(tenant="../other")
