"""Hold FHIR bundles to release 4: structure, required codes, the rules of the specification, and references.

`fhirkit` knows the elements, types and cardinalities of R4 (4.0.1). `fhir.resources` knows R4B, in which the resources
used here are the same; it adds the forms of ids and codes, and the codes of the required bindings. The invariants are
written out below. Not checked are codes against value sets that are not required, whether codes of other systems exist
there, and what narratives say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import fhirkit
from fhir.resources.R4B import get_fhir_model_class
from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
XHTML = "{http://www.w3.org/1999/xhtml}div"
_KNOWN: dict[str, tuple[str, ...]] = {}
"""What the model finds in a resource, by its text: the same orders and sources are in most bundles."""


def problems(bundle: dict[str, Any], elsewhere: tuple[str, ...] = ()) -> list[str]:
    """List what is wrong with a bundle; ``elsewhere`` are references to what is not in it."""
    found = [str(one) for one in fhirkit.validate(bundle)]
    for entry in bundle["entry"]:
        written = repr(entry["resource"])
        if written not in _KNOWN:
            _KNOWN[written] = tuple(_by_model(entry["resource"]))
        found += _KNOWN[written]
    for path, node in nodes(bundle, "Bundle"):
        found += [f"{path}: {one}" for one in _rules(path, node)]
    return [*found, *_entries(bundle), *_references(bundle, set(elsewhere)), *_action_ids(bundle)]


def nodes(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk the objects of a resource, each with the path of its elements."""
    if isinstance(value, dict):
        path = value.get("resourceType", path)
        yield path, value
        for name, inner in value.items():
            yield from nodes(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner, path)


def _by_model(resource: dict[str, Any]) -> Iterator[str]:
    kind = resource["resourceType"]
    try:
        model = get_fhir_model_class(kind).model_validate(resource)
    except ValidationError as error:
        yield from (f"{kind}.{one['loc']}: {one['msg']}" for one in error.errors())
    else:
        yield from _codes(model, kind)


def _codes(model: BaseModel, path: str) -> Iterator[str]:
    """Find codes outside the value set of a required binding; that of an extensible one ends with "etc."."""
    for name, field in type(model).model_fields.items():
        value, extra = getattr(model, name), field.json_schema_extra or {}
        allowed = extra.get("enum_values", [])
        values = value if isinstance(value, list) else [value]
        for one in values:
            if isinstance(one, BaseModel):
                yield from _codes(one, f"{path}.{name}")
            elif one is not None and allowed and "etc." not in allowed and one not in allowed:
                yield f"{path}.{name}: {one!r} is none of {allowed}"


def _rules(path: str, node: dict[str, Any]) -> Iterator[str]:
    """Apply the invariants of R4 that concern what is written, by their keys."""
    for name, value in node.items():
        if value in (None, "", [], {}):
            yield f"ele-1, {name} is empty"
    leaf = path.rpartition(".")[2]
    if leaf in {"extension", "modifierExtension"}:
        values = [one for one in node if one.startswith("value")]
        if "url" not in node or len(values) + ("extension" in node) != 1:
            yield "ext-1, an extension has an url and one value, or extensions"
    if leaf == "expression" and not {"expression", "reference"} & node.keys():
        yield "exp-1, an expression or a reference"
    if path.startswith("RequestGroup.action") and leaf == "action" and ("resource" in node) == ("action" in node):
        yield "rqg-1, a resource or actions, and not both"
    if path == "CarePlan.activity" and {"reference", "detail"} <= node.keys():
        yield "cpl-3, a reference or a detail, and not both"
    if leaf == "codeFilter" and ("path" in node) == ("searchParam" in node):
        yield "drq-1, a path or a search parameter, and not both"
    if leaf == "dataRequirement" and node.get("type") not in {*fhirkit.RESOURCE_TYPES, "Resource"}:
        yield f"a type of data, not {node.get('type')}"
    if path == "Provenance" and not node.get("target"):
        yield "a target"
    if "div" in node:
        yield from _narrative(node["div"])


def _narrative(div: str) -> Iterator[str]:
    try:
        root = ElementTree.fromstring(div)  # noqa: S314 - written by the code under test
    except ElementTree.ParseError as error:
        yield f"txt-1, {error}"
        return
    if root.tag != XHTML or not "".join(root.itertext()).strip():
        yield "txt-2, a narrative has content, in a div of XHTML"


def _entries(bundle: dict[str, Any]) -> Iterator[str]:
    urls = [one["fullUrl"] for one in bundle["entry"]]
    if len(urls) != len(set(urls)):
        yield "bdl-7, full URLs are unique"
    for entry in bundle["entry"]:
        id_ = entry["resource"]["id"]
        if not ID.fullmatch(id_) or entry["fullUrl"] != f"urn:uuid:{id_}":
            yield f"{entry['fullUrl']} is not the full URL of {id_}"


def _references(bundle: dict[str, Any], elsewhere: set[str]) -> Iterator[str]:
    known = {one["fullUrl"] for one in bundle["entry"]} | elsewhere
    for path, node in nodes(bundle, "Bundle"):
        target = node.get("reference")
        if isinstance(target, str) and path != "DetectedIssue" and target not in known:
            yield f"{path}: {target} is not in the bundle"


def _action_ids(bundle: dict[str, Any]) -> Iterator[str]:
    """Related actions name actions of their own group."""
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "RequestGroup":
            found = dict(enumerate(node for path, node in nodes(entry["resource"], "") if path.endswith("action")))
            ids = [one["id"] for one in found.values()]
            if len(ids) != len(set(ids)):
                yield "ids of actions are unique"
            related = [it["actionId"] for one in found.values() for it in one.get("relatedAction", [])]
            yield from (f"there is no action {one}" for one in related if one not in ids or not ID.fullmatch(one))
