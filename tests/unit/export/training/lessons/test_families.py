"""What each kind of lesson asks for and answers."""

from __future__ import annotations

from random import Random

from export.training.lessons.asking import asking_lesson
from export.training.lessons.casting import casting_lesson
from export.training.lessons.editing import editing_lesson, restyling_lesson
from export.training.lessons.lesson import Lesson
from export.training.lessons.painting import direct_lesson, rewriting_lesson
from export.training.lessons.repairing import repairing_lesson
from export.training.lessons.sketching import sketching_lesson
from export.training.lessons.talking import talking_lesson
from export.training.lessons.turns import asked, in_reading_order
from export.training.library import Library
from export.training.pictures import Damaged, Mapped, Segment
from export.training.world import POSITIONS, Background, Scene, Thing


def shown(lesson: Lesson) -> list[int]:
    """Rows that are read only."""
    return [p.content for turn in lesson for p in turn if isinstance(p.content, int) and not p.learn]


def made(lesson: Lesson) -> list[int]:
    """Rows that are painted."""
    return [p.content for turn in lesson for p in turn if isinstance(p.content, int) and p.learn]


def words(lesson: Lesson) -> str:
    return "".join(p.content if isinstance(p.content, str) else "[]" for turn in lesson for p in turn)


def test_a_message_is_trimmed_and_its_texts_joined() -> None:
    pieces = asked([" Draw a ", "star", 3, "at the left", 4, ". "])
    assert [piece.content for piece in pieces] == ["[INST] Draw a star", 3, " at the left", 4, ". [/INST]\n"]
    assert not any(piece.learn for piece in pieces)


def test_reading_order_goes_by_place() -> None:
    things = [Thing("star", "red", "small", place, "plain") for place in ("bottom left", "top right", "center")]
    ordered = in_reading_order(Scene(tuple(things), Background("blue", "plain"), "dark"))
    assert [thing.position for thing in ordered.things] == ["top right", "center", "bottom left"]
    assert next(iter(POSITIONS)) == "top left"
    assert ordered.style == "dark"


def test_rewriting_shows_nothing_and_paints_one_picture_some_of_them_styled(library: Library) -> None:
    lessons = [rewriting_lesson(library, Random(seed)) for seed in range(60)]
    assert all(shown(lesson) == [] and len(made(lesson)) == 1 for lesson in lessons)
    styled = [lesson for lesson in lessons if made(lesson)[0] in library.styled]
    assert 5 < len(styled) < 30
    assert all(f"{library.scene(made(lesson)[0]).style} style" in words(lesson) for lesson in styled)


def test_direct_lessons_answer_with_the_picture_alone(library: Library) -> None:
    lessons = [direct_lesson(library, Random(seed)) for seed in range(40)]
    assert all([piece.learn for piece in lesson[0]] == [False, True] for lesson in lessons)
    assert {made(lesson)[0] in library.canonical for lesson in lessons} == {True, False}


def test_questions_are_about_one_picture_that_is_shown_once(library: Library) -> None:
    lessons = [asking_lesson(library, Random(seed)) for seed in range(60)]
    assert {len(lesson) for lesson in lessons} == {1, 2, 3}
    for lesson in lessons:
        assert len(shown(lesson)) == 1
        assert made(lesson) == []
        assert all(turn[-1].learn for turn in lesson)


def test_edits_show_the_picture_before_and_paint_the_one_after(library: Library) -> None:
    steps = {(change.before, change.after) for story in library.stories for change in story}
    for seed in range(40):
        lesson = editing_lesson(library, Random(seed))
        assert (shown(lesson)[0], made(lesson)[0]) in steps


def test_restyling_changes_nothing_but_the_style_and_never_invents_textures(library: Library) -> None:
    for seed in range(40):
        lesson = restyling_lesson(library, Random(seed))
        before, after = library.scene(shown(lesson)[0]), library.scene(made(lesson)[0])
        assert before.style != after.style
        assert f"{after.style}" in words(lesson)
        assert before.style != "outline"
        assert before.background == after.background


def test_repairs_show_damage_and_paint_the_whole(library: Library) -> None:
    for seed in range(20):
        lesson = repairing_lesson(library, Random(seed))
        spoiled = library.pictures[shown(lesson)[0]]
        assert isinstance(spoiled, Damaged)
        assert library.scene(made(lesson)[0]) == spoiled.scene


def test_maps_come_with_a_caption_or_without(library: Library) -> None:
    lessons = [sketching_lesson(library, Random(seed)) for seed in range(40)]
    assert all(isinstance(library.pictures[shown(lesson)[0]], Mapped) for lesson in lessons)
    captioned = [": a" in words(lesson).split("[/INST]")[0] for lesson in lessons]
    assert 10 < sum(captioned) < 35


def test_references_stand_in_the_words(library: Library) -> None:
    lessons = [casting_lesson(library, Random(seed)) for seed in range(60)]
    for lesson in lessons:
        assert all(isinstance(library.pictures[row], Segment) for row in shown(lesson))
        assert len(made(lesson)) == 1
    assert {len(shown(lesson)) for lesson in lessons} >= {1, 2}
    assert any("this object" in words(lesson) for lesson in lessons)
    assert any("<loc-" in words(lesson) for lesson in lessons)


def test_a_conversation_learns_its_last_picture_and_reads_the_others_unspoilt(library: Library) -> None:
    lessons = [talking_lesson(library, Random(seed)) for seed in range(80)]
    assert {len(lesson) for lesson in lessons} == {2, 3, 4}
    for lesson in lessons:
        assert len(made(lesson)) <= 1
        assert all(not piece.learn for turn in lesson[:-1] for piece in turn if isinstance(piece.content, int))
        last = [piece for piece in lesson[-1] if piece.learn]
        assert last
    # A change in a later turn is about the picture the turn before it left.
    follows = {change.after: change.before for story in library.stories for change in story}
    changed = [lesson for lesson in lessons if len(lesson) == 4 and made(lesson)]
    assert changed
    for lesson in changed:
        assert follows[made(lesson)[0]] in shown(lesson)
