"""The chart's README: what it is, then every value."""

from __future__ import annotations

import json
from collections.abc import Iterable

from deploy.chart import settings
from deploy.chart.schema import form_of
from deploy.chart.values import Value

_HEAD = """# wegen

The Helm chart of WeGen Serve: gateway, workers, a Deployment of Triton for each pool of GPUs, migrations, engine
builds, and for trials a Redis, a PostgreSQL and an S3. [docs/kubernetes.md](../../docs/kubernetes.md) says how to
install, upgrade, scale and drain it.

```bash
helm install wegen helm/wegen                                            # a trial: wegen-tiny on the CPU
helm install wegen helm/wegen -f helm/wegen/ci/production-values.yaml    # what production may look like
```

Everything below is written by `python -m deploy.chart`, out of `values.yaml` and the services' settings. A key that
is not here is refused, and so is a contradiction, with a sentence that names the value.

## Values
"""
_SETTINGS = """
## Settings

Values of `settings` (gateway and worker), `gateway.settings` and `worker.settings`. Each is the variable `WEGEN_` and
the name in capitals; without a value the service's own default holds.
"""


def render_readme(values: tuple[Value, ...]) -> str:
    """The file's text."""
    return "".join(
        [
            _HEAD,
            _table(("Key", "Type", "Default", "Description"), map(_row, _leaves(values))),
            _SETTINGS,
            *(_settings(*part) for part in _parts()),
        ]
    )


def _parts() -> tuple[tuple[str, tuple[settings.Setting, ...]], ...]:
    return (
        ("settings", settings.shared()),
        ("gateway.settings", settings.of_gateway()),
        ("worker.settings", settings.of_worker()),
    )


def _leaves(values: tuple[Value, ...]) -> Iterable[Value]:
    return (leaf for value in values for leaf in value.leaves())


def _row(value: Value) -> tuple[str, ...]:
    return f"`{value.key}`", _type(value), f"`{_json(value.default)}`", _words(value)


def _words(value: Value) -> str:
    choices = value.form.get("enum")
    if choices and "`" not in value.text:
        return f"{value.text} One of {', '.join(f'`{_json(choice)}`' for choice in choices)}."
    return value.text


def _type(value: Value) -> str:
    form = form_of(value)
    kind = form.get("type") or {type(None): "null", dict: "object", list: "array"}.get(type(value.default), "string")
    if isinstance(value.default, int) and not isinstance(value.default, bool):
        return "integer"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _settings(name: str, fields: tuple[settings.Setting, ...]) -> str:
    rows = ((f"`{field.name}`", f"`{_json(field.default)}`", field.text) for field in fields)
    return f"\n### `{name}`\n" + _table(("Name", "Default", "Meaning"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n" + "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
