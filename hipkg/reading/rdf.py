"""Parse RDF of any format with care.

Nothing is expanded, and depth and length are bounded before a native parser sees the text; every refusal is a
:class:`~hipkg.base.errors.HipkgError` with place and remedy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyoxigraph import Literal, RdfFormat, Triple, parse

from hipkg.base.errors import UnreadableInput
from hipkg.base.limits import DEPTH, LITERAL, NAMESPACES, TRIPLES, refuse_many_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyoxigraph import Quad


from hipkg.base.paths import ONTOLOGY
from hipkg.base.vocabulary import HIP
from hipkg.reading.opening import FORMAT_NAMES, looks_like, refuse_binary

BASE = "urn:hipkg:file/"
"""The base that relative IRIs are resolved against, so that a moved file keeps its IRIs."""
MAX_LITERAL = LITERAL.most
"""The longest literal that is read, in characters."""
MAX_DEPTH = DEPTH.most
"""The deepest nesting of JSON-LD, RDF/XML and triple terms that is read; native parsers overflow the stack beyond."""


CONTEXT = HIP + "ontology/context.jsonld"
"""The address of the context of JSON-LD that is published with the ontology."""
_ADDRESS = re.compile(rb'("@context"\s*:\s*)"' + re.escape(CONTEXT.encode()) + b'"')


def with_published_context(data: bytes) -> bytes:
    """Put the context of the ontology in the place of its address, once: nothing is fetched, and this one is known."""
    if not _ADDRESS.search(data):
        return data
    import json

    context = json.loads((ONTOLOGY / "context.jsonld").read_text(encoding="utf-8"))["@context"]
    return _ADDRESS.sub(lambda found: found[1] + json.dumps(context).encode(), data, count=1)


def parse_rdf(data: bytes, rdf_format: RdfFormat, name: str) -> list[Triple]:
    """Parse a text into triples, each once; named graphs are merged. Raises `UnreadableInput`."""
    _refuse_traps(data, rdf_format, name)
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        triples = _each_once(parse(data, format=rdf_format, base_iri=BASE), name)
    except SyntaxError as error:
        raise _syntax_error(error, data, rdf_format, name) from None
    except MemoryError:  # what the parser says of a token that outgrows its buffer
        raise LITERAL.exceeded(name) from None
    _refuse_strange_objects(triples, name, check_length=len(data) > MAX_LITERAL)
    return triples


def _each_once(quads: Iterable[Quad], name: str) -> list[Triple]:
    found: dict[Triple, None] = {}
    for quad in quads:
        found[quad.triple] = None
        if len(found) > TRIPLES.most:
            raise TRIPLES.exceeded(name)
    return list(found)


def _refuse_traps(data: bytes, rdf_format: RdfFormat, name: str) -> None:
    """Refuse what a native parser would expand, follow, take for something else, or crash on."""
    refuse_binary(data, name)
    if looks_like(data) == "FHIR":
        raise _fhir_error(name)
    text = _decode(data, name)
    if rdf_format == RdfFormat.RDF_XML:
        _refuse_xml_traps(data, name)
    elif rdf_format == RdfFormat.JSON_LD:
        _refuse_json_traps(text, data, name)
    elif data.count(b"<<") > MAX_DEPTH:
        raise _triple_term_error(name)


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        place = f"{name}:{line}:{column}"
        raise UnreadableInput("The text is not valid UTF-8.", place=place, remedy="Save it as UTF-8.") from None


def _refuse_xml_traps(data: bytes, name: str) -> None:
    """Check that RDF/XML is whole, shallow, in UTF-8 and without entity declarations.

    The native parser expands entities, takes a truncated document for a complete one, and names no line. Another
    encoding could show the two parsers two different documents.
    """
    from xml.parsers import expat

    depth = 0

    def enter(_tag: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise DEPTH.exceeded(f"{name}:{parser.CurrentLineNumber}")

    def leave(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse_entity(*_declaration: object) -> None:
        raise UnreadableInput(
            "The document declares an entity, and entities are not expanded.",
            place=f"{name}:{parser.CurrentLineNumber}",
            remedy="Write the names out and remove the DOCTYPE.",
        )

    def refuse_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in {"utf-8", "utf8", "us-ascii", "ascii"}:
            message = f"The document declares the encoding {encoding[:40]!r}."
            raise UnreadableInput(message, place=f"{name}:1", remedy="Save it as UTF-8.")

    parser = expat.ParserCreate("utf-8")
    parser.XmlDeclHandler = refuse_encoding
    parser.StartElementHandler = enter
    parser.EndElementHandler = leave
    parser.EntityDeclHandler = refuse_entity
    if data.count(b"xmlns") > NAMESPACES.most:
        raise NAMESPACES.exceeded(name)
    refuse_many_values(data, name)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise _malformed(
            f"{expat.ErrorString(error.code)}", RdfFormat.RDF_XML, data, f"{name}:{error.lineno}:{error.offset + 1}"
        ) from None


def _refuse_json_traps(text: str, data: bytes, name: str) -> None:
    """Check that JSON-LD is well-formed, shallow and self-contained."""
    import json

    refuse_many_values(data, name)
    try:
        document = json.loads(text, parse_int=str)
    except RecursionError:
        raise DEPTH.exceeded(name) from None
    except json.JSONDecodeError as error:
        raise _malformed(error.msg, RdfFormat.JSON_LD, data, f"{name}:{error.lineno}:{error.colno}") from None
    for depth, key, value in _members(document):
        if depth > MAX_DEPTH:
            raise DEPTH.exceeded(name)
        if key == "@import" or (key == "@context" and _names_address(value)):
            raise UnreadableInput(
                f"The {key} is an address ({str(value)[:80]!r}), and nothing is fetched.",
                place=name,
                remedy=f"Put the content of the context into the file; only {CONTEXT} is known, once in a file.",
            )
        if key == "@container" and "@graph" in str(value):  # a list in one aborts the process of pyoxigraph 0.5.13
            raise UnreadableInput(
                "The context declares a graph container.", place=name, remedy="Write the graphs out with @graph."
            )


def keys_without_meaning(data: bytes) -> tuple[str, ...]:
    """List the keys of a JSON-LD document that its contexts give no meaning, so that a parser leaves out what they say.

    A context counts for the whole document, wherever it stands.
    """
    import json

    defined: dict[str, object] = {}
    keys: set[str] = set()
    agenda: list[object] = [json.loads(data.decode("utf-8-sig"), parse_int=str)]
    contexts: list[object] = []
    while agenda:
        value = agenda.pop()
        if isinstance(value, list):
            agenda += value
        elif isinstance(value, dict):
            contexts.append(value.get("@context"))
            keys |= {one for one in value if not one.startswith("@") and ":" not in one}
            agenda += (part for key, part in value.items() if key != "@context")
    while contexts:
        context = contexts.pop()
        if isinstance(context, list):
            contexts += context
        elif isinstance(context, dict):
            defined |= {key: meaning for key, meaning in context.items() if meaning is not None}
    # Within these, keys are languages, indexes or names.
    maps = any(isinstance(one, dict) and ("@container" in one or "@context" in one) for one in defined.values())
    return () if "@vocab" in defined or maps else tuple(sorted(keys - defined.keys()))


def _members(document: object) -> Iterator[tuple[int, str, object]]:
    waiting: list[tuple[int, str, object]] = [(0, "", document)]
    while waiting:
        depth, _key, value = member = waiting.pop()
        yield member
        if isinstance(value, dict):
            waiting.extend((depth + 1, inner, part) for inner, part in value.items())
        elif isinstance(value, list):
            waiting.extend((depth + 1, "", part) for part in value)


def _names_address(context: object) -> bool:
    return isinstance(context, str) or (isinstance(context, list) and any(isinstance(part, str) for part in context))


def _syntax_error(error: SyntaxError, data: bytes, rdf_format: RdfFormat, name: str) -> UnreadableInput:
    detail = re.sub(r"^Parser error at .*?: ", "", error.msg or "")
    place = f"{name}:{error.lineno}:{error.offset}" if error.lineno else name
    return _malformed(detail, rdf_format, data, place)


def _malformed(detail: str, rdf_format: RdfFormat, data: bytes, place: str) -> UnreadableInput:
    guess = looks_like(data)
    if guess is None or guess in {rdf_format.name, "Turtle" if rdf_format == RdfFormat.TRIG else ""}:
        remedy = "Mend the file there, or write it again with the tool it came from."
        return UnreadableInput(
            f"The input is not valid {rdf_format.name}: {detail.rstrip('.')}.", place=place, remedy=remedy
        )
    remedy = (
        f"Export it as {FORMAT_NAMES}."
        if guess == "HTML"
        else "Give the file the extension of its format, or name the format."
    )
    return UnreadableInput(f"The input is not {rdf_format.name}; it looks like {guess}.", place=place, remedy=remedy)


def _fhir_error(place: str) -> UnreadableInput:
    return UnreadableInput(
        "This is FHIR, and no RDF.", place=place, remedy="Give it the extension .json or .xml, or name the format fhir."
    )


def _triple_term_error(place: str) -> UnreadableInput:
    return UnreadableInput(
        "The input makes triples about triples, which no patient graph has.", place=place, remedy="Write it in RDF 1.1."
    )


def _refuse_strange_objects(triples: Iterable[Triple], name: str, *, check_length: bool) -> None:
    for triple in triples:
        value = triple.object
        if isinstance(value, Triple):
            raise _triple_term_error(name)
        if check_length and isinstance(value, Literal) and len(value.value) > MAX_LITERAL:
            raise LITERAL.exceeded(f"{name}: {triple.subject}", of=str(triple.predicate))
