"""The rule files: their names and texts."""

from __future__ import annotations

import yaml

from deploy.prometheus import burning, recording, symptoms
from deploy.prometheus.windows import Pace

_HEAD = "# Written by `python -m deploy.prometheus write`, from the code beside it.\n"


class _Dumper(yaml.SafeDumper):
    """Expressions of several lines as they are; no aliases for what repeats."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml's interface
        """Never write an alias."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def files(pace: Pace | None = None) -> dict[str, str]:
    """Text by file name. With a `pace` the same rules, all durations shortened, for a rehearsal."""
    pace = pace or Pace()
    every = pace("30s")
    documents = {
        "recording.yaml": recording.groups(pace),
        "burning.yaml": [
            {"name": "wegen-budgets", "interval": every, "rules": [one.rule() for one in burning.alerts(pace)]}
        ],
        "symptoms.yaml": [
            {"name": "wegen-symptoms", "interval": every, "rules": [one.rule() for one in symptoms.alerts(pace)]}
        ],
    }
    return {name: _HEAD + _dump({"groups": groups}) for name, groups in documents.items()}


def _dump(document: object) -> str:
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
    return text
