"""Entity words give way to segments, everything else stays."""

from __future__ import annotations

from random import Random

import pytest

from export.training.diic.interleaved import written
from export.training.unimo.prompt import Substitution, entity_caption, multimodal_caption
from export.training.world.captions import dense_caption
from export.training.world.splits import Split, scene_at

SCENE = scene_at(Split.TRAIN, 1, counts=(0, 100))


def test_a_caption_marks_what_makes_each_thing_itself() -> None:
    caption = entity_caption(SCENE, Random(0))
    assert caption.text == dense_caption(SCENE, Random(0))
    assert caption.phrases == tuple(f"{thing.texture} {thing.colour} {thing.shape}" for thing in SCENE.things)


@pytest.mark.parametrize("replaced", [(False, False), (True, False), (False, True), (True, True)])
def test_replaced_words_are_gone_and_the_rest_is_unchanged(replaced: tuple[bool, bool]) -> None:
    caption = entity_caption(SCENE, Random(0))
    parts = multimodal_caption(caption, replaced)
    assert [part for part in parts if isinstance(part, int)] == [n for n, gone in enumerate(replaced) if gone]
    expected = caption.text
    for number, (phrase, gone) in enumerate(zip(caption.phrases, replaced, strict=True)):
        expected = expected.replace(phrase, f"<img>{number}</img>") if gone else expected
    assert written(parts, ["0", "1"]) == expected


def test_every_entity_needs_an_answer() -> None:
    with pytest.raises(ValueError, match="1 answers for 2 entities"):
        multimodal_caption(entity_caption(SCENE, Random(0)), (True,))


def test_a_share_of_prompts_stays_plain_and_of_the_others_entities_give_way() -> None:
    random, chances = Random(0), Substitution(plain=0.25, entity=0.5)
    drawn = [chances.draw(random, 2) for _ in range(4000)]
    assert sum(not any(replaced) for replaced in drawn) / 4000 == pytest.approx(0.25 + 0.75 * 0.25, abs=0.03)
    assert Substitution(plain=0.0, entity=1.0).draw(random, 2) == (True, True)
    assert Substitution(plain=1.0).draw(random, 2) == (False, False)


def test_chances_are_probabilities() -> None:
    with pytest.raises(ValueError, match=r"entity 1\.5"):
        Substitution(entity=1.5)
