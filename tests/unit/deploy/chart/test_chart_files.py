"""The chart's schema and README against values.yaml and the services' settings."""

from __future__ import annotations

import json

import pytest

from deploy.chart.__main__ import outputs
from deploy.chart.schema import render_schema
from deploy.chart.values import CHART, ValuesError, read_values

TEXT = """
# -- How many.
# @schema {"minimum": 1}
many: 3
group:
  # -- Whether.
  enabled: false
triton:
  defaults:
    # -- A name.
    name: ""
"""


def test_what_is_generated_is_as_it_is_generated() -> None:
    assert [path.name for path, text in outputs().items() if path.read_text() != text] == []


def test_a_keys_schema_comes_from_its_default_and_its_comment() -> None:
    properties = json.loads(render_schema(read_values(TEXT)))["properties"]
    assert properties["many"] == {"description": "How many.", "type": "integer", "minimum": 1}
    assert properties["group"] == {
        "type": "object",
        "additionalProperties": False,
        "properties": {"enabled": {"description": "Whether.", "type": "boolean"}},
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("many: 3\n", "many: no comment"),
        ("# -- Something.\nmany: null\n", "many: null does not tell its type"),
        ("# -- Something.\n# @schema {minimum: 1}\nmany: 1\n", "many: its schema is no JSON"),
    ],
)
def test_a_key_that_is_not_documented_is_named(text: str, words: str) -> None:
    with pytest.raises(ValuesError, match=words):
        read_values(text)


def test_every_object_of_the_schema_is_closed() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())

    def check(node: object, where: str) -> list[str]:
        if isinstance(node, list):
            return [found for one in node for found in check(one, where)]
        if not isinstance(node, dict):
            return []
        open_ = "properties" in node and node.get("type") and node.get("additionalProperties") is not False
        return ([where] if open_ else []) + [
            found for key, value in node.items() for found in check(value, f"{where}/{key}")
        ]

    assert check(schema, "") == []
