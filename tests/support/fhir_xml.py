"""Write FHIR in JSON as XML."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

_EXTENSIONS = {"extension", "modifierExtension"}


def as_xml(resource: dict[str, Any]) -> str:
    """Write a resource as a document in XML."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_resource(resource)}'


def _resource(resource: dict[str, Any]) -> str:
    kind = resource["resourceType"]
    inner = "".join(_element(name, value) for name, value in resource.items() if name != "resourceType")
    return f'<{kind} xmlns="http://hl7.org/fhir">{inner}</{kind}>'


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, dict):
        if "resourceType" in value:
            return f"<{name}>{_resource(value)}</{name}>"
        url = f" url={quoteattr(value['url'])}" if name in _EXTENSIONS and "url" in value else ""
        inner = "".join(_element(key, one) for key, one in value.items() if not (url and key == "url"))
        return f"<{name}{url}>{inner}</{name}>"
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name} value={quoteattr(written)}/>"
