"""values.yaml as its readers have it: every key with its default, its comment and what the comment says of its form.

Above a key, `# -- TEXT` describes it and `# @schema {...}` adds to the JSON schema that its default implies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

CHART = Path(__file__).parents[2] / "helm" / "wegen"
_TEXT, _FORM = "# -- ", "# @schema "


class ValuesError(ValueError):
    """A key without a comment, or with one that is not understood; the message names it."""


@dataclass(frozen=True, slots=True)
class Value:
    """One key. `children` are there for a group only, which is documented by them."""

    path: tuple[str, ...]
    default: Any
    text: str
    form: Mapping[str, Any]
    children: tuple[Value, ...] = ()

    @property
    def key(self) -> str:
        """As on a command line."""
        return ".".join(self.path)

    def leaves(self) -> Iterator[Value]:
        """This key, or all below it."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


def read_values(text: str) -> tuple[Value, ...]:
    """All keys of a values.yaml. Raises ValuesError."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise ValuesError("values.yaml is no mapping")
    return _group(root, (), text.splitlines(), yaml.safe_load(text))


def _group(
    node: yaml.MappingNode, path: tuple[str, ...], lines: list[str], defaults: dict[str, Any]
) -> tuple[Value, ...]:
    return tuple(
        _value(child, (*path, key.value), _comment(lines, key.start_mark.line), lines, defaults[key.value])
        for key, child in node.value
    )


def _value(node: yaml.Node, path: tuple[str, ...], comment: list[str], lines: list[str], default: object) -> Value:
    text = " ".join(line.removeprefix(_TEXT) for line in comment if line.startswith(_TEXT))
    form = _form(path, comment)
    if isinstance(node, yaml.MappingNode) and node.value and not form:
        return Value(path, default, text, form, _group(node, path, lines, cast("dict[str, Any]", default)))
    if not text:
        raise ValuesError(f"{'.'.join(path)}: no comment says what it is")
    if default is None and "type" not in form:
        raise ValuesError(f"{'.'.join(path)}: null does not tell its type, a schema must")
    return Value(path, default, text, form)


def _form(path: tuple[str, ...], comment: list[str]) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for line in comment:
        if line.startswith(_FORM):
            try:
                form |= json.loads(line.removeprefix(_FORM))
            except json.JSONDecodeError as error:
                raise ValuesError(f"{'.'.join(path)}: its schema is no JSON ({error})") from error
    return form


def _comment(lines: list[str], line: int) -> list[str]:
    """The comment lines right above a line."""
    first = line
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return [text.strip() for text in lines[first:line]]
