"""The published schemas follow from the records, and say in words what each field holds."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from hipkg.base.paths import ROOT
from hipkg.render.schemas import SCHEMAS, renewed

FOLDER = ROOT / "hipkg" / "schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_follows_from_the_records(name: str) -> None:
    assert renewed(name) == (FOLDER / name).read_text(encoding="utf-8"), "make schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_describes_every_property(name: str) -> None:
    schema = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    records = schema["$defs"]
    for owner in (schema, *records.values()):
        for one in owner["properties"].values():
            assert "description" in one or "description" in records[one["$ref"].rpartition("/")[2]]
