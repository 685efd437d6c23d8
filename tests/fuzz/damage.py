"""Damage to inputs, each drawn at random, with the word on whether anybody could see it.

What can be seen: a value of another type, a date that is none, a code or a term that nobody knows, a reference that
leads nowhere, a name that is misspelt. What cannot: an element that is gone, empty, or another valid value.
"""

from __future__ import annotations

import gzip
import json
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

from fuzz.sound import bundles, graphs
from hipkg.base.vocabulary import HIP, RDF_TYPE, XSD
from hipkg.knowledge.loading import load
from support.fhir_xml import as_xml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from fuzz.sound import Sound

STRANGE = (
    "", " ", "\0", "\x1b[31m", "\u202e", "\ud83d", "é" * 3, "\ufeff", "A" * 70_000, "-", "\\", "\"", "<b>", "${x}",
    "%s", "../../etc/passwd", "https://w3id.org/hipkg/", "_:b0", "null", "NaN", "true",
)  # fmt: skip
NO_DATES = (
    "2026-13-45", "yesterday", "26-1-1", "20261123", "2026-11-23T25:00:00Z", "0000-00-00", "99999-01-01", "2026-02-30",
    "11/23/2026", "2026-", "-0044-03-15",
)  # fmt: skip
RAW_NUMBERS = ("1e400", "-1e400", "1" * 5000, "0.1e-400", "-0", "00")
"""What JSON, or what takes itself for it, can have for a number."""
WORDS = {"text", "display", "div", "id", "title", "description", "comment", "family", "given", "note"}
"""Elements whose content is words or a name, where one says as much as another."""
MISTAKES = ("flip", "cut", "drop", "double", "insert", "swap", "end")
SEVERAL = 3
"""How many damages one text has at the most."""
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T.*)?)?)?")


class Damaged(NamedTuple):
    """An input after the damage; ``how`` and ``where`` tell of it, ``visible`` that anybody can see it is wrong."""

    of: Sound
    how: str
    where: str
    extension: str
    data: bytes
    visible: bool


def damaged_text(one: Sound, random: Random) -> Damaged:
    """Damage the bytes of an input, whatever they mean."""
    data, told = bytearray(one.data), []
    for _ in range(random.randint(1, SEVERAL)):
        at = random.randrange(len(data)) if data else 0
        end = min(len(data), at + random.choice((1, 1, 4, 40, 400)))
        mistake = random.choice(MISTAKES)
        told.append(f"{mistake} at {at}")
        match mistake:
            case "flip":
                data[at:end] = bytes(it ^ 1 << random.randrange(8) for it in data[at:end])
            case "cut":
                del data[at:end]
            case "drop":
                del data[at:]
            case "double":
                data[at:at] = data[at:end]
            case "insert":
                data[at:at] = random.choice(STRANGE).encode(errors="surrogatepass")
            case "swap":
                data[at:end] = data[at:end][::-1]
            case "end":
                data += data[at:]
    return Damaged(one, "text", ", ".join(told), one.extension, bytes(data), visible=False)


def damaged_container(one: Sound, random: Random) -> Damaged:
    """Write an input in another encoding, packing or under another name."""
    how, extension, data = random.choice(
        (
            ("utf-16", one.extension, one.data.decode().encode("utf-16")),
            ("byte order mark", one.extension, b"\xef\xbb\xbf" + one.data),
            ("latin-1", one.extension, one.data + "é".encode("latin-1")),
            ("gzip", f"{one.extension}.gz", gzip.compress(one.data, mtime=0)),
            ("cut gzip", f"{one.extension}.gz", gzip.compress(one.data, mtime=0)[: random.randrange(20, 200)]),
            ("not gzip", f"{one.extension}.gz", one.data),
            ("carriage returns", one.extension, one.data.replace(b"\n", b"\r\n")),
            ("blank", one.extension, b" \n" * random.randrange(3)),
            (
                "another extension",
                random.choice(("ttl", "nt", "nq", "trig", "rdf", "jsonld", "json", "xml", "ndjson")),
                one.data,
            ),
        )
    )
    return Damaged(one, how, "all", extension, data, visible=True)


# FHIR, by the types of its elements


class Element(NamedTuple):
    """An element of a resource, by what holds it; ``path`` names it for people."""

    holder: Any
    key: str | int
    path: str

    @property
    def value(self) -> Any:
        return self.holder[self.key]

    @property
    def name(self) -> str:
        return re.sub(r"\[[0-9]+\]$", "", self.path).rpartition(".")[2]


def elements(value: Any, path: str = "") -> Iterator[Element]:
    """Walk all elements of a resource, at any depth."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        named = f"{path}.{key}" if isinstance(key, str) else f"{path}[{key}]"
        yield Element(value, key, named.lstrip("."))
        if isinstance(inner, dict | list):
            yield from elements(inner, named)


def resources(value: Any) -> list[dict[str, Any]]:
    """List the resources in a resource, itself first."""
    found = [value] if isinstance(value, dict) and "resourceType" in value else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*found, *(one for part in inner for one in resources(part))]


def damaged_fhir(one: Sound, random: Random) -> Damaged:
    """Damage one element, or one name, of a FHIR resource, and write the source in JSON, lines or XML."""
    document = deepcopy(json.loads(one.data))
    held = resources(document)
    chosen = random.choice(held[1:] or held)
    raw: list[str] = []
    if random.random() < 0.2:
        how, where, visible = random.choice(OF_RESOURCE)(chosen, random)
    else:
        element = random.choice([*elements(chosen)])
        how, visible = random.choice(_damages_of(element))(element, random, raw)
        where = f"{chosen.get('resourceType')}.{element.path}"
    return _written(one, document, how, where, raw, random, visible=visible)


def _written(
    one: Sound, document: Any, how: str, where: str, raw: list[str], random: Random, *, visible: bool
) -> Damaged:
    """Write a source in a form of FHIR; what is no JSON takes the place of its number."""
    form = random.choice(("json", "json", "json", "ndjson", "xml"))
    entries = document.get("entry") if isinstance(document, dict) else None
    if (
        form == "ndjson"
        and isinstance(entries, list)
        and all(isinstance(it, dict) and it.get("resource") for it in entries)
    ):
        text = "\n".join(json.dumps(it["resource"]) for it in entries)
    elif form == "xml" and not raw:
        try:
            return Damaged(one, how, f"{where} in XML", "xml", as_xml(document).encode(errors="replace"), visible)
        except (KeyError, TypeError, AttributeError):
            form, text = "json", json.dumps(document)
    else:
        form, text = "json", json.dumps(document, indent=1)
    for number, written in enumerate(raw):
        text = text.replace(f'"raw {number}"', written)
    return Damaged(one, how, where, form, text.encode(), visible)


def _damages_of(element: Element) -> tuple[Callable[[Element, Random, list[str]], tuple[str, bool]], ...]:
    value = element.value
    general = (_other_type, _other_type, _gone, _empty, _listed, _misnamed, _twice, _strange)
    match value:
        case bool():
            return (*general, _in_words)
        case int() | float():
            return (*general, _raw_number, _in_words, _raw_number)
        case str() if _DATE.fullmatch(value):
            return (*general, _no_date, _no_date, _no_date)
        case str():
            return (*general, _misspelt, _misspelt, _misspelt, _other_case, _padded)
        case _:
            return (*general, _alone, _with_modifier)


def _put(element: Element, value: Any) -> None:
    element.holder[element.key] = value


def _said(element: Element) -> bool:
    """Tell whether an element says something that a reader must understand."""
    return not any(it in element.path.replace("[", ".").split(".") for it in WORDS)


def _other_type(element: Element, random: Random, _: list[str]) -> tuple[str, bool]:
    value = element.value
    other = random.choice(
        [it for it in (7, 0.5, True, "words", {"a": "b"}, ["a"], [["a"]], [{"a": 1}]) if type(it) is not type(value)]
    )
    _put(element, other)
    return f"{type(other).__name__} for {type(value).__name__}", _said(element)


def _gone(element: Element, _: Random, __: list[str]) -> tuple[str, bool]:
    del element.holder[element.key]
    return "gone", False


def _empty(element: Element, random: Random, _: list[str]) -> tuple[str, bool]:
    _put(element, random.choice((None, "", [], {}, [None], [{}])))
    return "empty", False


def _listed(element: Element, _: Random, __: list[str]) -> tuple[str, bool]:
    _put(element, [element.value])
    return "in a list", _said(element)


def _alone(element: Element, _: Random, __: list[str]) -> tuple[str, bool]:
    value = element.value
    if isinstance(value, list) and len(value) == 1:
        _put(element, value[0])
        return "out of its list", _said(element)
    return "left as it is", False


def _misnamed(element: Element, random: Random, _: list[str]) -> tuple[str, bool]:
    if not isinstance(element.key, str):
        return "left as it is", False
    name = misspelt(element.key, random)
    parts = [(name if key == element.key else key, value) for key, value in element.holder.items()]
    element.holder.clear()
    element.holder.update(parts)
    return f"named {name}", _said(element)


def _twice(element: Element, random: Random, raw: list[str]) -> tuple[str, bool]:
    if not isinstance(element.key, str):
        return "left as it is", False
    value = element.value
    _put(element, f"raw {len(raw)}")
    raw.append(
        f"{json.dumps(random.choice(('other', None, 7, {}, value)))}, {json.dumps(element.key)}: {json.dumps(value)}"
    )
    return "named twice", _said(element)


def _strange(element: Element, random: Random, _: list[str]) -> tuple[str, bool]:
    value = random.choice(STRANGE)
    _put(element, value)
    return f"strange text {value[:12]!r}", _said(element) and bool(value.strip())


def _in_words(element: Element, _: Random, __: list[str]) -> tuple[str, bool]:
    _put(element, json.dumps(element.value))
    return "in quotes", True


def _raw_number(element: Element, random: Random, raw: list[str]) -> tuple[str, bool]:
    _put(element, f"raw {len(raw)}")
    raw.append(random.choice((*RAW_NUMBERS, "NaN", "Infinity", "-Infinity", "1.", ".5", "+1", "0x10")))
    return f"number {raw[-1][:8]}", raw[-1] not in {"-0", "0.1e-400"}


def _no_date(element: Element, random: Random, _: list[str]) -> tuple[str, bool]:
    value = random.choice(NO_DATES)
    _put(element, value)
    return f"date {value}", True


def _misspelt(element: Element, random: Random, _: list[str]) -> tuple[str, bool]:
    value = misspelt(element.value, random)
    _put(element, value)
    return f"misspelt {value[:60]!r}", _said(element)


def _other_case(element: Element, _: Random, __: list[str]) -> tuple[str, bool]:
    _put(element, element.value.swapcase())
    return "in other case", _said(element)


def _padded(element: Element, random: Random, _: list[str]) -> tuple[str, bool]:
    _put(element, random.choice((" {}", "{} ", "\t{}\n", "\u00a0{}")).format(element.value))
    return "padded", _said(element)


def _with_modifier(element: Element, _: Random, __: list[str]) -> tuple[str, bool]:
    holder = element.value if isinstance(element.value, dict) else element.holder
    if not isinstance(holder, dict):
        return "left as it is", False
    holder["modifierExtension"] = [{"url": "https://example.org/turns-it-round", "valueBoolean": True}]
    return "with a modifier", True


def _retyped(resource: dict[str, Any], random: Random) -> tuple[str, str, bool]:
    before = resource["resourceType"]
    resource["resourceType"] = misspelt(before, random)
    return f"misspelt {resource['resourceType']!r}", before, True


def _unreferred(resource: dict[str, Any], _: Random) -> tuple[str, str, bool]:
    before = resource.get("id", "")
    resource["id"] = f"{before}-other"
    return "another id", f"{resource['resourceType']}/{before}", False


def _owned_by_nobody(resource: dict[str, Any], random: Random) -> tuple[str, str, bool]:
    for name in ("subject", "patient"):
        if name in resource:
            resource[name] = random.choice(
                ({"reference": "Patient/nobody"}, {"reference": "nobody"}, {"display": "me"})
            )
            return "of nobody", resource["resourceType"], True
    return "left as it is", resource["resourceType"], False


def _with_rules(resource: dict[str, Any], _: Random) -> tuple[str, str, bool]:
    resource["implicitRules"] = "https://example.org/rules-that-nobody-knows"
    return "with implicit rules", resource["resourceType"], False


OF_RESOURCE = (_retyped, _unreferred, _owned_by_nobody, _with_rules)


def misspelt(word: str, random: Random) -> str:
    """Change a word by one letter."""
    at = random.randrange(len(word)) if word else 0
    letter = random.choice("aeioxz")
    made = random.choice(
        (word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :])
    )
    return made if made != word and made else f"{word}x"


# RDF, by the kinds of its terms


FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "trig": ox.RdfFormat.TRIG,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}
NO_VALUES = {
    "integer": ("seventy", "7e1", "70.5", "", " 70", "1" * 400, "-1", "NaN", "\u0667\u0660"),
    "decimal": ("much", "25,1", "1e3", "INF", "NaN", "-4", "1" * 400, ".", "+"),
    "double": ("INF", "NaN", "1e400", "x"),
    "date": NO_DATES,
    "duration": ("P1", "6 weeks", "P-1D", "PT", "P1Y2W", "-P3D", "P99999999999D", "p42d"),
    "gYear": ("26", "year", "99999"),
    "gYearMonth": ("2026-13", "2026", "x"),
    "boolean": ("yes", "2"),
    "string": (),
}
DATATYPES = ("string", "integer", "decimal", "date", "duration", "boolean", "anyURI")


def damaged_graph(one: Sound, random: Random) -> Damaged:
    """Damage one triple of a graph, and write the graph in any format."""
    triples = [*dict.fromkeys(it.triple for it in ox.parse(one.data, format=ox.RdfFormat.TURTLE))]
    at = random.randrange(len(triples))
    damage = random.choice(_of_triple(triples[at]))
    how, made, visible = damage(triples[at], triples, random)
    extension = random.choice([*FORMATS])
    changed = [*triples[:at], *made, *triples[at + 1 :]]
    data = ox.serialize(changed, format=FORMATS[extension]) or b""
    return Damaged(one, how, f"{triples[at]} in {extension}", extension, data, visible=visible)


Changed = "tuple[str, list[ox.Triple], bool]"


def _of_triple(triple: ox.Triple) -> tuple[Callable[..., Any], ...]:
    general = (_property_misspelt, _property_misspelt, _triple_gone, _said_twice, _turned_round)
    if isinstance(triple.object, ox.Literal):
        return (*general, _value_wrong, _value_wrong, _value_wrong, _other_datatype, _in_language, _value_as_node)
    return (*general, _object_misspelt, _object_misspelt, _object_in_words, _of_nothing)


def _misspelt_iri(node: ox.NamedNode, random: Random) -> ox.NamedNode:
    base, slash, local = node.value.rpartition("/")
    for _ in range(9):
        name = base + slash + misspelt(local, random)
        if name not in load().terms:
            return ox.NamedNode(name)
    return ox.NamedNode(node.value + "x")


def _property_misspelt(one: ox.Triple, _: list[ox.Triple], random: Random) -> Changed:
    made = _misspelt_iri(one.predicate, random)
    return f"property {made}", [ox.Triple(one.subject, made, one.object)], one.predicate.value.startswith(HIP)


def _triple_gone(_: ox.Triple, __: list[ox.Triple], ___: Random) -> Changed:
    return "gone", [], False


def _said_twice(one: ox.Triple, triples: list[ox.Triple], random: Random) -> Changed:
    """Give the property a value of another place as well."""
    others = [it.object for it in triples if it.predicate == one.predicate]
    return "with another value too", [one, ox.Triple(one.subject, one.predicate, random.choice(others))], False


def _turned_round(one: ox.Triple, _: list[ox.Triple], __: Random) -> Changed:
    if not isinstance(one.object, ox.NamedNode) or one.object.value.startswith(HIP):
        return "left as it is", [one], False
    return "turned round", [ox.Triple(one.object, one.predicate, one.subject)], True


def _value_wrong(one: ox.Triple, _: list[ox.Triple], random: Random) -> Changed:
    kind = one.object.datatype.value.removeprefix(XSD)
    wrong = NO_VALUES.get(kind) or STRANGE
    value = random.choice(wrong)
    return (
        f"value {value[:20]!r}",
        [
            ox.Triple(
                one.subject,
                one.predicate,
                ox.Literal(value.encode(errors="replace").decode(), datatype=one.object.datatype),
            )
        ],
        kind != "string",
    )


def _other_datatype(one: ox.Triple, _: list[ox.Triple], random: Random) -> Changed:
    datatype = random.choice([it for it in DATATYPES if XSD + it != one.object.datatype.value])
    return (
        f"as {datatype}",
        [ox.Triple(one.subject, one.predicate, ox.Literal(one.object.value, datatype=ox.NamedNode(XSD + datatype)))],
        True,
    )


def _in_language(one: ox.Triple, _: list[ox.Triple], __: Random) -> Changed:
    return "in a language", [ox.Triple(one.subject, one.predicate, ox.Literal(one.object.value, language="en"))], True


def _value_as_node(one: ox.Triple, _: list[ox.Triple], random: Random) -> Changed:
    node = random.choice((ox.BlankNode("b"), ox.NamedNode("urn:node"), one.subject))
    return "a node for a value", [ox.Triple(one.subject, one.predicate, node)], True


def _object_misspelt(one: ox.Triple, _: list[ox.Triple], random: Random) -> Changed:
    if not isinstance(one.object, ox.NamedNode):
        return "left as it is", [one], False
    made = _misspelt_iri(one.object, random)
    return f"object {made}", [ox.Triple(one.subject, one.predicate, made)], True


def _object_in_words(one: ox.Triple, _: list[ox.Triple], __: Random) -> Changed:
    return (
        "words for a node",
        [ox.Triple(one.subject, one.predicate, ox.Literal(getattr(one.object, "value", "x")))],
        True,
    )


def _of_nothing(one: ox.Triple, _: list[ox.Triple], random: Random) -> Changed:
    """Let a triple lead to a node of which nothing is said, or to a node of another kind."""
    if one.predicate.value == RDF_TYPE:
        return "of no kind", [], True
    node = random.choice((ox.BlankNode("nothing"), ox.NamedNode("urn:nothing"), one.subject))
    return "leads elsewhere", [ox.Triple(one.subject, one.predicate, node)], True


def damaged_patient(random: Random) -> Damaged:
    """Draw a patient, and damage it."""
    kind = random.choice(
        (damaged_fhir, damaged_fhir, damaged_fhir, damaged_graph, damaged_graph, damaged_text, damaged_container)
    )
    if kind is damaged_fhir:
        return damaged_fhir(random.choice(bundles()), random)
    if kind is damaged_graph:
        return damaged_graph(random.choice(graphs()), random)
    return kind(random.choice((*graphs(), *bundles())), random)
