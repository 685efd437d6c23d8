"""The published schemas follow from the records, and say in words what each field holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hipkg.base.paths import ROOT
from hipkg.render.schemas import SCHEMAS, renewed

FOLDER = ROOT / "hipkg" / "schemas"
UNEXPLAINED = {"amount", "least", "most", "gaps", "label", "node", "statement"}
"""Fields whose names say all."""


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_follows_from_the_records(name: str) -> None:
    assert renewed(name) == (FOLDER / name).read_text(encoding="utf-8"), "make schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_one_and_explains_its_fields(name: str) -> None:
    schema = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert {key for key, one in fields(schema) if "description" not in one and "$ref" not in one} <= UNEXPLAINED


def fields(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    records = [schema, *schema["$defs"].values()]
    return [field for one in records for field in one["properties"].items()]
