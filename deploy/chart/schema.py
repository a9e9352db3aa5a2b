"""values.schema.json: what Helm holds every render's values against."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from deploy.chart import settings
from deploy.chart.forms import FORMS
from deploy.chart.values import Value, ValuesError

_TYPES: dict[type, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": 0},
    float: {"type": "number"},
    str: {"type": "string"},
    list: {"type": "array"},
    dict: {"type": "object"},
}
_POOL = ("triton", "defaults")


def render_schema(values: tuple[Value, ...]) -> str:
    """The file's text. A key that is not among `values` is refused, wherever it stands."""
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the chart wegen; written by `python -m deploy.chart`",
        **_object(values),
        "$defs": {
            **FORMS,
            "pool": {**_object(_find(values, _POOL).children), "type": ["object", "null"]},
            "sharedSettings": _settings(settings.shared()),
            "gatewaySettings": _settings(settings.of_gateway()),
            "workerSettings": _settings(settings.of_worker()),
        },
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def form_of(value: Value) -> dict[str, Any]:
    """The JSON schema of one key."""
    if value.children:
        return _object(value.children)
    text = {"description": value.text}
    if "$ref" in value.form or "type" in value.form or "enum" in value.form:
        return text | dict(value.form)
    return text | _TYPES[type(value.default)] | dict(value.form)


def _object(values: Iterable[Value]) -> dict[str, Any]:
    properties = {value.path[-1]: form_of(value) for value in values}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _settings(fields: Iterable[settings.Setting]) -> dict[str, Any]:
    properties = {field.name: field.form for field in fields}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _find(values: Iterable[Value], path: tuple[str, ...]) -> Value:
    for value in values:
        if value.path == path:
            return value
        if value.path == path[: len(value.path)]:
            return _find(value.children, path)
    raise ValuesError(f"{'.'.join(path)} is not there")
