from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.quality.order import FOLDERS, WORLD, Kind, Model, Order, Paths, SuiteName
from bench.quality.subjects.strategy import DIRECT
from services.errors import InvalidArgumentError


def order(*suites: SuiteName, kind: Kind = Kind.REFERENCE, **changed: Any) -> Order:
    given = {"paths": Paths(), "prompts": 1, "samples": 2, "seed": 0, "strategy": "without PSR", **changed}
    return Order(Model(kind, "wegen-tiny"), suites, **given)


def test_what_can_be_measured_is_accepted() -> None:
    assert order(*WORLD).painting is DIRECT
    here = Path()
    order(*WORLD, *FOLDERS, paths=Paths(coco_captions=here, coco_images=here, dreambench=here, multibench=here))


@pytest.mark.parametrize(
    ("suite", "changed", "message"),
    [
        (SuiteName.RECONSTRUCTION, {"kind": Kind.STACK}, "--subject reference"),
        (SuiteName.DIVERSITY, {"samples": 1}, "samples: 1 make no pair"),
        (SuiteName.EDITING, {"strategy": "luck"}, "strategy: 'luck' is unknown; there are without PSR, none, pure"),
        (SuiteName.EDITING, {"paths": Paths(alexnet=Path())}, "both --alexnet and --lpips"),
        (SuiteName.COCO, {"paths": Paths(coco_images=Path())}, "coco needs --coco-captions$"),
        (SuiteName.COCO, {}, "coco needs --coco-captions and --coco-images"),
        (SuiteName.DREAMBENCH, {}, "dreambench needs --dreambench"),
        (SuiteName.MULTIBENCH, {}, "multibench needs --multibench"),
    ],
)
def test_what_cannot_is_refused_before_anything_is_opened(
    suite: SuiteName, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        order(suite, **changed)
