"""The published schemas follow from the records, and say in words what each field holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from hipkg.render.schemas import SCHEMAS, renewed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_the_published_schema_follows_from_the_records(path: Path) -> None:
    assert renewed(path) == path.read_text(encoding="utf-8"), "make schemas"


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_the_schema_describes_every_property(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    records = schema["$defs"]
    for owner in (schema, *records.values()):
        for one in owner["properties"].values():
            assert "description" in one or "description" in records[one["$ref"].rpartition("/")[2]]
