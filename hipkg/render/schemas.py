"""Describe the JSON of plans and of ledgers by JSON Schemas, and publish them in ``hipkg/schemas``.

What is written under which name, what may be left out, and of which type it is, follow from the tables of fields and
from the records. The published schemas add what these do not say: words, and narrower limits of the values.
"""

from __future__ import annotations

import ast
import json
import sys
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import import_module
from inspect import getsource
from pathlib import Path
from types import FunctionType, NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from hipkg.defence.asking import RankedQuestion
from hipkg.defence.ledger import Ledger
from hipkg.defence.orders import OrderCheck
from hipkg.planning.records import Found, OpenCheck, Plan, Question
from hipkg.render import asking, ledger, orders, plan_json
from hipkg.render.encoder import Field, Writer, fields
from hipkg.render.plan_json import PartWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLAN = Path(__file__).parent.parent / "schemas" / "plan.schema.json"
LEDGER = PLAN.with_name("ledger.schema.json")
ORDERS = PLAN.with_name("orders.schema.json")
_WORDS = ("$schema", "$id", "title", "description")
_LIMITS = ("enum", "minLength", "minItems", "minimum", "uniqueItems", "propertyNames", "oneOf", "if", "then", "else")
_PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number", Decimal: "number", dict: "object"}


class Schema(NamedTuple):
    """What a schema describes: its root, and the fields of records by the writer that writes them so.

    ``beside`` are the types of what others write into the root; ``elsewhere`` names the schema that describes a record.
    """

    root: type
    shapes: Mapping[type[Writer], Mapping[type, str]]
    beside: Mapping[str, Any]
    elsewhere: Mapping[type, str]


SCHEMAS = {
    PLAN: Schema(
        Plan,
        {plan_json.PlanWriter: plan_json.SHAPES, asking.QuestionWriter: asking.SHAPES},
        {"questions": tuple[Question | RankedQuestion, ...], "ledger": dict},
        {},
    ),
    LEDGER: Schema(Ledger, {ledger.LedgerWriter: ledger.SHAPES}, {}, dict.fromkeys(plan_json.PARTS, PLAN.name)),
    ORDERS: Schema(
        OrderCheck,
        {PartWriter: orders.SHAPES},
        {},
        dict.fromkeys((*plan_json.PARTS, Found, OpenCheck), PLAN.name),
    ),
}


def publish() -> None:
    """Write every published schema anew, with what it adds to the records."""
    for path in SCHEMAS:
        path.write_text(renewed(path), encoding="utf-8")


def renewed(path: Path) -> str:
    """Write a published schema as it follows from the records, with what it adds to them."""
    published = json.loads(path.read_text(encoding="utf-8"))
    schema = _Describer(SCHEMAS[path]).schema()
    return json.dumps(_with_added(schema, published), ensure_ascii=False, indent=2) + "\n"


def _with_added(described: Any, published: Any) -> Any:  # noqa: ANN401 - JSON
    """Add to a description, and to all that it holds, what the published one says besides."""
    if isinstance(described, list) and isinstance(published, list) and len(described) == len(published):
        return [_with_added(one, other) for one, other in zip(described, published, strict=True)]
    if not isinstance(described, dict) or not isinstance(published, dict):
        return described
    words = {key: published[key] for key in _WORDS if key in published}
    limits = {key: published[key] for key in _LIMITS if key in published}
    if "enum" in limits and not {*limits["enum"]} <= {*described.get("enum", limits["enum"])}:
        del limits["enum"]
    return {**words, **{key: _with_added(value, published.get(key)) for key, value in described.items()}, **limits}


class _Describer:
    """Describe the records of one schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._shapes = {kind: (writer, one) for writer, some in schema.shapes.items() for kind, one in some.items()}
        self._records: dict[str, Any] = {}

    def schema(self) -> dict[str, Any]:
        """Describe the root, and below it the records that it leads to."""
        root = self._record(self._schema.root)
        for key, type_ in self._schema.beside.items():
            root["properties"][key] = self._value(type_, optional=False)
        return {**root, "$defs": self._records}

    def _record(self, kind: type) -> dict[str, Any]:
        found = list(self._fields(kind))
        return {
            "type": "object",
            "required": [field.key for field, _ in found if not field.optional],
            "additionalProperties": False,
            "properties": {field.key: self._value(type_, optional=field.optional) for field, type_ in found},
        }

    def _fields(self, kind: type) -> Iterator[tuple[Field, Any]]:
        """List the fields of a record with their types; those of a record that is written in its place stand for it."""
        writer, shape = self._shapes[kind]
        for one in fields(shape):
            type_ = self._type(writer if one.made else kind, one.path)
            if not one.spread:
                yield one, type_
                continue
            (held,) = (each for each in get_args(type_) or (type_,) if each is not NoneType)
            for field, inner in self._fields(held):
                yield field._replace(optional=field.optional or one.optional), inner

    def _type(self, kind: type, path: str) -> Any:  # noqa: ANN401 - a type or an alias
        """Tell the type of an attribute, of a property or of what a method returns."""
        first, _, rest = path.partition(".")
        found = getattr(kind, first, None)
        function = found.fget if isinstance(found, property) else found
        is_function = isinstance(function, FunctionType)
        hints = get_type_hints(function if is_function else kind, _names(kind.__module__))
        type_ = hints["return" if is_function else first]
        return self._type(type_, rest) if rest else type_

    def _value(self, type_: Any, *, optional: bool) -> dict[str, Any]:  # noqa: ANN401 - a type or an alias
        """Describe a value; one that may be left out is never empty."""
        origin, args = get_origin(type_), get_args(type_)
        if origin in {Union, UnionType}:
            kinds = [one for one in args if one is not NoneType]
            return self._either(kinds, optional=optional)
        if origin is Literal:
            return {"enum": [one for one in args if one or not optional]}
        if origin in {tuple, list}:
            return {
                "type": "array",
                **({"minItems": 1} if optional else {}),
                "items": self._value(args[0], optional=False),
            }
        if origin is dict:
            told = {"minProperties": 1} if optional else {}
            return {"type": "object", **told, "additionalProperties": self._value(args[1], optional=False)}
        if type_ in self._shapes:
            return {"$ref": self._reference(type_)}
        if issubclass(type_, StrEnum):
            return {"enum": [str(one) for one in type_]}
        if type_ is bool and optional:
            return {"const": True}
        if type_ is date:
            return {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
        return {"type": _PLAIN[type_], **({"minLength": 1} if optional and type_ is str else {})}

    def _either(self, types: list[Any], *, optional: bool) -> dict[str, Any]:
        told = [self._value(one, optional=optional) for one in types]
        numbers = all(one in {int, float} for one in types)
        return {"type": "number"} if numbers else told[0] if len(told) == 1 else {"anyOf": told}

    def _reference(self, kind: type) -> str:
        """Refer to the description of a record, here or in another schema, and make it if it is needed here."""
        name = kind.__name__.lstrip("_")
        name = name[0].lower() + name[1:]
        if kind not in self._schema.elsewhere and name not in self._records:
            self._records[name] = {}
            self._records[name] = self._record(kind)
        return f"{self._schema.elsewhere.get(kind, '')}#/$defs/{name}"


@cache
def _names(module: str) -> dict[str, Any]:
    """Give the names of a module, with those that it imports only for the checking of types."""
    blocks = [one for one in ast.parse(getsource(sys.modules[module])).body if isinstance(one, ast.If)]
    imports = [one for block in blocks for one in block.body if isinstance(one, ast.ImportFrom)]
    imported = {each.name: getattr(import_module(str(one.module)), each.name) for one in imports for each in one.names}
    return {**vars(sys.modules[module]), **imported}


if __name__ == "__main__":
    publish()
