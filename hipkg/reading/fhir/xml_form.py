"""Read FHIR in XML as what the same would be in JSON.

In XML an element that repeats looks like one that does not, and numbers and truth values look like texts: what stands
once is no list but where its readers need one, and the type follows from the name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipkg.base.errors import UnreadableInput
from hipkg.base.limits import DEPTH

if TYPE_CHECKING:
    from hipkg.reading.fhir.elements import Raw

_FHIR = "http://hl7.org/fhir"
_TEXTS = {"id", "valueString", "valueCode", "display", "text", "version"}
_NUMBERS = {
    "frequency", "frequencyMax", "period", "periodMax", "count", "countMax", "duration", "durationMax", "offset",
    "valueInteger", "valueDecimal", "valuePositiveInt", "valueUnsignedInt", "numberOfRepeatsAllowed", "sequence",
    "total",
}  # fmt: skip
_NAMED = {"identifier", "telecom", "valueIdentifier", "valueContactPoint"}
"""What has a value that is a text."""
_LISTS = {
    "activity", "contained", "dayOfWeek", "dosageInstruction", "entry", "event", "evidence", "ingredient", "issue",
    "link", "parameter", "part", "series", "timeOfDay", "when",
}  # fmt: skip
_LISTS_OF = {("MedicationStatement", "dosage")}


def from_xml(content: str, name: str) -> Raw:
    """Read a resource from a text in XML; empty if that is another document.

    Raises `UnreadableInput` if it is no XML, nested too deep, or declares entities.
    """
    from xml.parsers import expat

    reader = _Reader()

    def refuse_entity(*_declaration: object) -> None:
        raise UnreadableInput(
            "The document declares an entity, and entities are not expanded.",
            place=f"{name}:{parser.CurrentLineNumber}",
            remedy="Write the names out and remove the DOCTYPE.",
        )

    def enter(tag: str, attributes: dict[str, str]) -> None:
        if not reader.enter(tag, attributes):
            raise DEPTH.exceeded(f"{name}:{parser.CurrentLineNumber}")

    parser = expat.ParserCreate("utf-8", " ")
    parser.EntityDeclHandler = refuse_entity
    parser.StartElementHandler = enter
    parser.EndElementHandler = reader.leave
    try:
        parser.Parse(content.encode(), True)
    except expat.ExpatError as error:
        raise UnreadableInput(
            f"The input is not valid XML: {expat.ErrorString(error.code)}.",
            place=f"{name}:{error.lineno}:{error.offset + 1}",
            remedy="Mend the file there, or export it again.",
        ) from None
    return reader.root


class _Reader:
    """Gather elements from the outside in, and make each when it ends."""

    def __init__(self) -> None:
        self.root: Raw = {}
        self._open: list[tuple[str, dict[str, str], list[tuple[str, Any]]]] = []
        self._foreign = 0

    def enter(self, tag: str, attributes: dict[str, str]) -> bool:
        """Begin an element; false where it lies too deep."""
        space, _, name = tag.rpartition(" ")
        if self._foreign or space != _FHIR:  # narratives and what else is not of FHIR
            self._foreign += 1
        else:
            self._open.append((name, attributes, []))
        return len(self._open) + self._foreign < DEPTH.most

    def leave(self, _tag: str) -> None:
        """End an element."""
        if self._foreign:
            self._foreign -= 1
            return
        name, attributes, children = self._open.pop()
        made = _made(name, attributes, children)
        if self._open:
            self._open[-1][2].append((name, made))
        elif isinstance(made, dict) and "resourceType" in made:
            self.root = made


def _made(name: str, attributes: dict[str, str], children: list[tuple[str, Any]]) -> Any:  # noqa: ANN401 - any JSON
    if "value" in attributes:
        return _primitive(name, attributes["value"])
    if len(children) == 1 and children[0][0][:1].isupper():  # an element that holds a resource
        return children[0][1]
    found: Raw = {key: attributes[key] for key in ("id", "url") if key in attributes}
    kind = name if name[:1].isupper() else ""
    if kind:
        found["resourceType"] = kind
    for key, value in children:
        _add(found, key, value, listed=key in _LISTS or (kind, key) in _LISTS_OF)
    if "value" in found and name not in _NAMED:
        found["value"] = _number(found["value"])
    return found


def _add(found: Raw, key: str, value: Any, *, listed: bool) -> None:  # noqa: ANN401 - any JSON
    if key not in found:
        found[key] = [value] if listed else value
    elif isinstance(found[key], list):
        found[key].append(value)
    else:
        found[key] = [found[key], value]


def _primitive(name: str, written: str) -> Any:  # noqa: ANN401 - any JSON
    if name not in _TEXTS and written in {"true", "false"}:
        return written == "true"
    return _number(written) if name in _NUMBERS else written


def _number(written: Any) -> Any:  # noqa: ANN401 - any JSON
    """Read a number; what is none stays, for its readers to refuse."""
    if not isinstance(written, str):
        return written
    try:
        return int(written) if written.lstrip("-").isdigit() else float(written)
    except ValueError:
        return written
