"""How a message is answered.

The rules, first match wins:

1. TASK_GENERATE with references or instances: chat template, a picture is forced. Without: rewriting or painting (7).
2. TASK_CHAT: chat template; a picture only if the model wants one, never for a question.
3. A question (ends with "?", or begins with a question word) that is no polite wish ("can you draw ...?"): chat
   template, text only.
4. References without any words: chat template, text only (the model describes them).
5. Instances, which are things the picture is to show: chat template, a picture is forced.
6. Words of change ("make it blue", "remove the hat") with a reference in the message or a picture earlier in the
   conversation: chat template, the model may answer with a picture. Other words with references: a picture is forced.
7. Everything else is a wish for a picture. REWRITE_ON rewrites it, REWRITE_OFF paints it; REWRITE_AUTO rewrites it
   when it is brief (at most `rewrite_max_words` words), since a long one is a dense caption already.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from services.gateway import templates
from services.gateway.templates import Draft
from services.gateway.wish import Rewrite, Task, Wish


class Manner(Enum):
    """The three ways to answer."""

    REWRITE = auto()
    PAINT = auto()
    CHAT = auto()


class Picture(Enum):
    """Whether the answer holds a picture."""

    NEVER = auto()
    ALLOWED = auto()
    FORCED = auto()


@dataclass(frozen=True, slots=True)
class Plan:
    """The way a message is answered and its prompt."""

    manner: Manner
    picture: Picture
    draft: Draft


_QUESTION = re.compile(
    r"^(what|which|who|whose|where|when|why|how|is|are|was|were|does|do|did|can you (see|tell|describe)|describe|count|"
    r"explain|tell me)\b",
    re.IGNORECASE,
)
_POLITE_WISH = re.compile(
    r"^(can|could|would|will) you (please )?(draw|paint|generate|create|make|show|sketch|design|change|turn|recolou?r|"
    r"add|remove|replace|put|move|edit)\b",
    re.IGNORECASE,
)
_LEAD = r"^(please\s+|now\s+|and\s+|then\s+|could you\s+|can you\s+)*"
_VERB = (
    r"(make|change|turn|recolou?r|colou?r|paint|add|remove|delete|erase|take|replace|swap|move|shift|put|rotate|resize|"
    r"enlarge|shrink|edit|restyle|redraw|crop|extend|fill|restore|clean|sharpen|upscale|increase|convert|keep|give)\b"
)
_CHANGES = (
    # What one does to a picture that is there, unless it is "make a picture of ...".
    _VERB + r"(?!\s+(me\s+)?(an?|some)\s+(image|picture|painting|photo))",
    # "Draw the star larger", "show this in pastel": of something that is there.
    r"draw\s+(the|this|that|these|those|it|them)\b",
    r"show\s+(it|them|(the|this|that)\s+(\w+\s+)?(image|picture|painting|photo))\b",
    # "Draw a ring too", "I also want a ring".
    r"(draw|paint|show)\b.*\b(too|as well|also)[.!]*$",
    r"i(\s+would|'d)?\s+also\s+(want|like|need)\b",
    # "This image is noisy. Restore it."
    r"[^.!]{0,200}\b(image|picture|painting|photo)\b[^.!]{0,200}[.!]\s+(restore|complete|repair|fix|finish)\s+it\b",
)
_CHANGE = re.compile(f"{_LEAD}({'|'.join(_CHANGES)})", re.IGNORECASE)


def is_question(text: str) -> bool:
    """Whether `text` asks for an answer in words."""
    asked = text.strip()
    if _POLITE_WISH.match(asked):
        return False
    return asked.endswith("?") or bool(_QUESTION.match(asked))


def is_change(text: str) -> bool:
    """Whether `text` asks to change a picture that is there."""
    return bool(_CHANGE.match(text.strip()))


def planned(wish: Wish, *, has_picture: bool, rewrite_max_words: int) -> Plan:
    """The plan for `wish`; `has_picture`: the conversation holds a picture already."""
    if wish.task is Task.GENERATE:
        return _chat(wish, Picture.FORCED) if wish.references or wish.instances else _generate(wish, rewrite_max_words)
    if is_question(wish.text) or not wish.text:
        return _chat(wish, Picture.NEVER)
    if wish.task is Task.CHAT:
        return _chat(wish, Picture.ALLOWED)
    changes = is_change(wish.text) and (wish.references or has_picture) and wish.rewrite is not Rewrite.ON
    if wish.instances or (wish.references and not changes):
        return _chat(wish, Picture.FORCED)
    if changes:
        return _chat(wish, Picture.ALLOWED)
    return _generate(wish, rewrite_max_words)


def _chat(wish: Wish, picture: Picture) -> Plan:
    return Plan(Manner.CHAT, picture, templates.chatting(wish.content))


def _generate(wish: Wish, rewrite_max_words: int) -> Plan:
    brief = len(wish.text.split()) <= rewrite_max_words
    if wish.rewrite is Rewrite.ON or (wish.rewrite is Rewrite.AUTO and brief):
        return Plan(Manner.REWRITE, Picture.FORCED, templates.rewriting(wish.text))
    return Plan(Manner.PAINT, Picture.FORCED, templates.painting(wish.text))
