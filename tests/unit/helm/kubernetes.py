"""Manifests against the schemas of Kubernetes and of the custom resources that the chart knows."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator
from jsonschema.protocols import Validator
from kubernetes_validate.utils import all_versions, schema_contents
from referencing import Registry, Resource

CUSTOM = Path(__file__).parent / "schemas"
# Each is named twice, for its strict schemas too.
VERSIONS = tuple(
    dict.fromkeys(version for version in all_versions() if tuple(map(int, version.split(".")[:2])) >= (1, 29))
)


class UnknownKindError(Exception):
    """No schema is there for this kind."""


def problems(manifest: dict[str, Any], version: str) -> list[str]:
    """What a cluster of `version` would not take. Raises UnknownKindError."""
    validator = _validator(manifest["apiVersion"], manifest["kind"], version)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(manifest)]


@functools.cache
def _validator(api_version: str, kind: str, version: str) -> Validator:
    custom = CUSTOM / f"{kind}.json"
    if custom.is_file():
        return Draft7Validator(json.loads(custom.read_text()))
    group, _, number = api_version.rpartition("/")
    name = "-".join(filter(None, (kind.lower(), group.split(".")[0], number)))
    try:
        schema = schema_contents(f"kubernetes-json-schema/v{version}-local-strict/{name}.json", version)
    except FileNotFoundError as error:
        raise UnknownKindError(f"{api_version} {kind} in {version}") from error
    return Draft202012Validator(schema, registry=_definitions(version))


@functools.cache
def _definitions(version: str) -> Registry[Any]:
    contents = schema_contents(f"kubernetes-json-schema/v{version}-local-strict/_definitions.json", version)
    return Resource.from_contents(contents) @ Registry()
