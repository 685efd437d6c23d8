"""Make new terms, documents and statements: in normal form, in the module where they belong.

What only an editor can tell is left to be filled in: texts that begin with `TODO`, which the checks refuse, and grades,
which they miss. A new statement gets a case whose patients are made of the definitions that it names; its coverage
fails until an editor has looked at them and said what they show.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.errors import UsageError
from hipkg.base.groups import reached
from hipkg.base.paths import CATALOG, DENIALS, POSSIBLE_CONTEXTS
from hipkg.base.vocabulary import (
    HIP,
    OWL,
    PREFIXES,
    RDF_TYPE,
    add_namespace,
    curie,
    expand,
    local_name,
    with_local_name,
)
from hipkg.maintenance.as_written import compiled_as_written
from hipkg.maintenance.case_patients import asked_for, case_patients, skeleton
from hipkg.maintenance.coverage import TODO
from hipkg.maintenance.modules import turtle
from hipkg.maintenance.patterns import expression_of
from hipkg.maintenance.sources import sources_of
from hipkg.owl.expression import Named, conjuncts
from hipkg.owl.normal_form import in_normal_form
from hipkg.owl.sources import headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from hipkg.maintenance.checks.workspace import Module, Workspace
    from hipkg.owl.expression import Expression

_ID = re.compile(r"[A-Z][A-Za-z0-9]*")
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SLUG_WORDS = 4
_NEAR = 3
"""How many names are told that may have been meant."""
_FEW = 15
"""How many terms are listed that are all that there is."""
_SHORT = 40
"""How many characters a label may have that is listed with others."""
_TERMS = "terms.ttl"
"""The module of an ontology of one's own for the kinds of terms that have no module of their own there."""


class Kind(StrEnum):
    """What can be made."""

    DOCUMENT = "document"
    CONDITION = "condition"
    FINDING = "finding"
    INTERVENTION = "intervention"
    REQUIREMENT = "requirement"
    STATEMENT = "statement"


_MODULES = {
    Kind.CONDITION: "conditions.ttl",
    Kind.FINDING: "findings.ttl",
    Kind.INTERVENTION: "interventions.ttl",
    Kind.REQUIREMENT: "patients.ttl",
}
_ABOVE = {Kind.CONDITION: hip.Condition, Kind.FINDING: hip.Finding, Kind.INTERVENTION: hip.Intervention}
_TYPES = {
    hip.indicates: hip.Recommendation,
    hip.contraindicates: hip.Prohibition,
    hip.discourages: hip.Avoidance,
    hip.holdsBack: hip.Gate,
    hip.specifies: hip.ParameterStatement,
    hip.safeguardsWith: hip.SafetyCheck,
    hip.informsOn: hip.Interpretation,
}
"""The usual kind of statement by its effect."""
_ADVISING = {hip.indicates, hip.specifies}
SLOTS = ("requires", "except_for", "satisfied_by", "accompanies")
_IN_OWL = {one: one.title().replace("_", "")[0].lower() + one.title().replace("_", "")[1:] for one in SLOTS}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made, as an editor says it; terms by a name, an id or a label.

    ``means`` is what a requirement means, as `hipkg.maintenance.patterns` reads it; ``text`` is what a statement says.
    """

    kind: Kind
    name: str
    label: str = ""
    under: str = ""
    definition: str = ""
    question: str = ""
    means: str = ""
    document: str = ""
    type: str = ""
    effect: str = ""
    intervention: str = ""
    applies_to: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    except_for: tuple[str, ...] = ()
    satisfied_by: tuple[str, ...] = ()
    accompanies: tuple[str, ...] = ()
    section: str = ""
    strength: str = ""
    quality: str = ""
    modality: str = ""
    title: str = ""
    publisher: str = ""


class Role(NamedTuple):
    """What a term has to be where it is named: a class under one of some, or a ``member`` of one of them."""

    what: str
    classes: tuple[str, ...]
    member: bool = False


_INTERVENTION = Role("an intervention", (hip.Intervention,))
_SUBJECT = Role("a class of patients or of problems", (hip.Patient, hip.Problem))
_DOCUMENT = Role("a document", (hip.Document,), member=True)
_KIND_OF_STATEMENT = Role("a kind of statement", (hip.Statement,))
_ROLES = {"accompanies": _INTERVENTION}
"""What a slot names, unless it is a class of patients or of problems."""
_GRADES = {
    "strength": (hip.hasStrength, Role("a strength of recommendation", (hip.StrengthOfRecommendation,), member=True)),
    "quality": (hip.hasQuality, Role("a quality of evidence", (hip.QualityOfEvidence,), member=True)),
    "modality": (hip.hasModality, Role("a modality", (hip.Modality,), member=True)),
}
"""The property and the scale of each grade."""


@dataclass
class _Draft:
    """An ontology with what is new in it."""

    space: Workspace
    cases: Path
    today: date
    files: dict[Path, str] = field(default_factory=dict)
    added: dict[Path, list[ox.Triple]] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def namespace(self) -> str:
        return self.space.own.namespace if self.space.own else HIP

    @property
    def version(self) -> str:
        return self.space.links[OWL + "versionInfo"][self.space.main][0].value

    def resolve(self, text: str, role: Role | None = None) -> str:
        """Find the term that a name, an id or a label means.

        Raises `UsageError` for none, and for one that cannot play the role.
        """
        wanted = text.strip().strip("<>\"'")
        joined = "".join(word[:1].upper() + word[1:] for word in wanted.split())
        labelled = self.labels.get(wanted.casefold(), "")
        tried = (expand(wanted), *with_local_name(wanted), labelled, *with_local_name(joined))
        found = [one for one in tried if one in self.names]
        fitting = [one for one in found if role is None or self.plays(one, role)]
        if fitting:
            return fitting[0]
        if found and role:
            raise UsageError(f"{self.shown(found[0])} is not {role.what}.", remedy=self._instead(wanted, role))
        raise UsageError(f"The ontology has no term {wanted!r}.", remedy=self._instead(wanted, role))

    def plays(self, iri: str, role: Role) -> bool:
        """Tell whether a term is what is wanted: below one of some classes, or of one of them."""
        first: tuple[str, ...] = self.told(iri, RDF_TYPE) if role.member else (iri,)
        above: set[str] = reached(first, lambda one: self.told(one, PREFIXES["rdfs"] + "subClassOf"))
        return not above.isdisjoint(role.classes)

    def _instead(self, wanted: str, role: Role | None) -> str:
        """Name what may have been meant: all that there is if that is few, or what is written or worded alike."""
        known = {**self.labels, **{local_name(one).casefold(): one for one in self.names}}
        if role:
            known = {text: iri for text, iri in known.items() if self.plays(iri, role)}
        if role and len(every := self.members(role)) <= _FEW:
            return f"It is one of: {', '.join(map(self.shown, every))}."
        text = wanted.rpartition(":")[2].casefold()
        near = [known[one] for one in get_close_matches(text, known, n=_NEAR)]
        words = {*_CAPITALS.sub(" ", wanted.rpartition(":")[2]).casefold().split()}
        alike = sorted(known, key=lambda one: (-len(words.intersection(one.split())), len(one), one))
        near += [known[one] for one in alike[:_NEAR] if role and words.intersection(one.split())]
        shown = [*dict.fromkeys(map(curie, near))][:_NEAR]
        return f"Did you mean {' or '.join(shown)}?" if shown else "`hipkg terms` finds terms by words."

    def members(self, role: Role) -> list[str]:
        """List the members of a class, those of a scale by their rank."""
        ranks = self.space.links.get(hip.rank, {})
        found = [one for one in self.names if self.plays(one, role)]
        return sorted(found, key=lambda one: (-int(ranks[one][0].value) if one in ranks else 1, one))

    def shown(self, iri: str) -> str:
        """Show a member of a class by its name, and by its label if that is short."""
        label = self.space.labels.get(iri, "")
        return f"{label} ({curie(iri)})" if label and len(label) <= _SHORT else curie(iri)

    def declare(self, iri: str, label: str) -> None:
        """Take a name that nobody has."""
        taken = next((one for one in self.names if local_name(one).casefold() == local_name(iri).casefold()), "")
        if taken:
            raise UsageError(f"{curie(taken)} is there already.", remedy="Choose another name.")
        self.names.add(iri)
        self.labels.setdefault(label.casefold(), iri)

    def add(self, path: Path, text: str) -> None:
        """Add triples to a module."""
        head = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items())
        found = ox.parse(head + text, format=ox.RdfFormat.TURTLE)
        self.added.setdefault(path, []).extend(one.triple for one in found)

    def told(self, subject: str, prop: str) -> tuple[str, ...]:
        """List the named values of a property of a subject, the new ones included."""
        new = (one for some in self.added.values() for one in some if one.predicate.value == prop)
        values = (one.object for one in new if one.subject == ox.NamedNode(subject))
        return (*self.space.named(subject, prop), *(one.value for one in values if isinstance(one, ox.NamedNode)))

    def has(self, subject: str, prop: str) -> bool:
        """Tell whether a subject has a property, whatever its value."""
        new = (one for some in self.added.values() for one in some if one.predicate.value == prop)
        return subject in self.space.links.get(prop, {}) or any(one.subject == ox.NamedNode(subject) for one in new)

    def home(self, iri: str) -> Path | None:
        """Find the module that declares a term."""
        declared = (ox.NamedNode(iri), ox.NamedNode(RDF_TYPE))
        known = ((one.path, one.triples) for one in self.space.modules)
        places = (
            path
            for path, some in (*self.added.items(), *known)
            if any((it.subject, it.predicate) == declared for it in some)
        )
        return next(places, None)

    def import_into(self, path: Path, terms: Iterable[str]) -> None:
        """Let a module import those that declare terms, as far as it does not."""
        imports = OWL + "imports"
        iri = self.header(path)
        for home in {self.home(one) for one in terms} - {None, path}:
            other = self.header(home) if home else ""
            if other not in reached([iri], lambda one: self.told(one, imports)):
                self.add(path, f"<{iri}> owl:imports <{other}> .")

    def header(self, path: Path) -> str:
        """Name the ontology that a module says it is."""
        known = next((one.triples for one in self.space.modules if one.path == path), ())
        found = headers((*known, *self.added.get(path, ())))
        return min(one.value for one in found if isinstance(one, ox.NamedNode))

    def module_of(self, kind: Kind) -> Path:
        """Find the module where terms of a kind belong, and begin it if it is not there."""
        path = self.space.folder / _MODULES[kind]
        if not self.space.own or path in {one.path for one in self.space.checked}:
            return path
        path = self.space.folder / _TERMS
        self.begin(path, "terms", "What the statements name and the shipped ontology lacks.", [hip.ontology])
        return path

    def begin(self, path: Path, title: str, description: str, imports: Iterable[str]) -> None:
        """Begin a module that is not there yet: its header, its import and its entry in the catalog."""
        if path in {one.path for one in self.space.checked} or path in self.added:
            return
        main = self.space.main
        part = path.relative_to(self.space.folder).with_suffix("").as_posix()
        stem = f"{HIP}ontology" if main == hip.ontology else main
        iri = f"{stem}/{part}"
        licence = self.space.links[PREFIXES["dcterms"] + "license"][main][0]
        self.add(
            path,
            f"<{iri}> a owl:Ontology ; dcterms:title {_text(f'{_called(self.space)}: {title}')} ;\n"
            f"  dcterms:description {_text(description)} ; dcterms:license {licence} ;\n"
            f"  owl:imports {', '.join(f'<{one}>' for one in imports)} ;\n"
            f'  owl:versionInfo "{self.version}" ; owl:versionIRI <{iri}/{self.version}> .',
        )
        self.add(_module(self.space, main).path, f"<{main}> owl:imports <{iri}> .")
        catalog = self.space.folder / CATALOG
        text = self.files.get(catalog) or catalog.read_text(encoding="utf-8")
        entry = f'    <uri name="{iri}" uri="{path.relative_to(self.space.folder).as_posix()}"/>\n'
        self.files[catalog] = text.replace("</catalog>", f"{entry}</catalog>")

    def written(self) -> dict[Path, str]:
        """Write the modules that something was added to, and the other files."""
        before = {one.path: one.triples for one in self.space.modules}
        modules = {
            path: in_normal_form(ox.Quad(*one) for one in (*before.get(path, ()), *added))
            for path, added in self.added.items()
        }
        return {**modules, **self.files}


def scaffold(wanted: Iterable[Wanted], space: Workspace, cases: Path, today: date) -> dict[Path, str]:
    """Make what is wanted, one after the other, so that each can name those before.

    Parameters: ``space`` is the ontology that it is for; ``cases`` the folder of the cases; ``today`` the date of new
    cases.

    Returns the new text of each file that changes, and writes none. Raises `UsageError` for what cannot be made.
    """
    names = {*space.links.get(RDF_TYPE, {})}
    labels = {label.casefold(): iri for iri, label in sorted(space.labels.items()) if iri in names}
    draft = _Draft(space, cases, today, names=names, labels=labels)
    for one in wanted:
        match one.kind:
            case Kind.DOCUMENT:
                _document(one, draft)
            case Kind.STATEMENT:
                _statement(one, draft)
            case _:
                _term(one, draft)
    if draft.statements:
        _cases(draft)
    return draft.written()


# An ontology


def ontology(folder: Path, *, prefix: str, namespace: str, title: str, licence: str, today: date) -> dict[Path, str]:
    """Begin an ontology of one's own: its main module, and its catalog.

    Returns the text of each file. Raises `UsageError` if the folder holds something, or prefix or namespace lack.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError("There is something already.", place=str(folder), remedy="Name a new folder.")
    if not prefix or not namespace.endswith(("/", "#")):
        raise UsageError(
            "An ontology needs a prefix and a namespace that ends in / or #.",
            place=str(folder),
            remedy="Such as: --prefix gtp --namespace https://example.org/trochanter/",
        )
    iri, version = f"{namespace}ontology", today.isoformat()
    add_namespace(prefix, namespace)
    generated = [f"{iri}/{one.removesuffix('.ttl')}" for one in (POSSIBLE_CONTEXTS.name, DENIALS.name)]
    head = "".join(f"PREFIX {one}: <{space}>\n" for one, space in PREFIXES.items())
    main = ox.parse(
        f"{head}<{iri}> a owl:Ontology ; dcterms:title {_text(title or f'{TODO}: title of the ontology')} ;\n"
        f"  dcterms:description {_text(f'{TODO}: what it is about.')} ;\n"
        f"  dcterms:license <{licence}> ;\n"
        f'  vann:preferredNamespacePrefix "{prefix}" ; vann:preferredNamespaceUri "{namespace}" ;\n'
        f"  owl:imports {', '.join(f'<{one}>' for one in (hip.ontology, *generated))} ;\n"
        f'  owl:versionInfo "{version}" ; owl:versionIRI <{iri}/{version}> .\n'
        "vann:preferredNamespacePrefix a owl:AnnotationProperty .\n"
        "vann:preferredNamespaceUri a owl:AnnotationProperty .",
        format=ox.RdfFormat.TURTLE,
    )
    names = {iri: f"{prefix}.ttl", **{one: f"{one.rpartition('/')[2]}.ttl" for one in generated}}
    entries = "".join(f'    <uri name="{one}" uri="{file}"/>\n' for one, file in names.items())
    return {folder / f"{prefix}.ttl": in_normal_form(main), folder / CATALOG: _CATALOG.format(entries=entries)}


_CATALOG = """\
<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
{entries}</catalog>
"""


# Terms


def _term(one: Wanted, draft: _Draft) -> None:
    """Add a class: recorded, of interventions, or defined."""
    if not _NAME.fullmatch(one.name):
        raise UsageError(f"{one.name!r} is no name of a class.", remedy="Write it so: LateralHipPain.")
    if one.kind is Kind.REQUIREMENT and not one.means:
        raise UsageError("A requirement needs what it means.", place=one.name, remedy='Such as: --means "pain at hip".')
    iri = draft.namespace + one.name
    label = one.label or _CAPITALS.sub(" ", one.name).lower()
    logic = expression_of(one.means, draft.resolve) if one.means else None
    above = _ABOVE.get(one.kind, "") if logic is None else _above(logic, draft)
    if one.under:
        role = Role(f"a kind of {one.kind}", (above,)) if logic is None else _SUBJECT
        above = draft.resolve(one.under, role)
    draft.declare(iri, label)
    types = "owl:Class , owl:NamedIndividual , " + f"<{iri}>" if one.kind is Kind.INTERVENTION else "owl:Class"
    lines = [
        f"<{iri}> a {types} ; rdfs:subClassOf <{above}> ; rdfs:label {_text(label)} ;",
        f"  skos:definition {_text(one.definition or f'{TODO}: say in one sentence what it is.')}",
        *([f"; hip:question {_text(one.question)} ; hip:askable true"] if one.question and not logic else []),
        *([f"; hip:question {_text(one.question)}"] if one.question and logic else []),
        *([f"; owl:equivalentClass {turtle(logic)}"] if logic else []),
    ]
    draft.add(draft.module_of(one.kind), "\n".join([*lines, "."]))


def _above(logic: Expression, draft: _Draft) -> str:
    """Find the class without a definition that a definition begins with, or that is above what it begins with."""
    first = next((one.iri for one in conjuncts(logic) if isinstance(one, Named)), hip.Problem)
    return _recorded(first, draft)


def _recorded(iri: str, draft: _Draft) -> str:
    """Find the class without a definition that a class is, or is told to be under."""
    while draft.has(iri, OWL + "equivalentClass"):
        iri = next(iter(draft.told(iri, PREFIXES["rdfs"] + "subClassOf")), hip.Problem)
    return iri


# Documents and statements


def _document(one: Wanted, draft: _Draft) -> None:
    """Add a module for the statements of a document, with the document."""
    if not _ID.fullmatch(one.name):
        raise UsageError(f"{one.name!r} is no id of a document.", remedy="Write it so: GTP.")
    iri, title = draft.namespace + one.name, one.title or f"{TODO}: title of the document"
    draft.declare(iri, title)
    slug = "-".join(re.findall(r"[a-z0-9]+", one.title.lower())[:_SLUG_WORDS])
    path = draft.space.folder / "guidelines" / f"{'-'.join(filter(None, (one.name.lower(), slug)))}.ttl"
    shipped = [f"{HIP}ontology/{it}" for it in ("core", "evidence", "interventions", "patients")]
    own = [hip.ontology, *(it.headers[0] for it in draft.space.checked if it.path.name == _TERMS)]
    imports = own if draft.space.own else shipped
    draft.begin(path, f"Statements of document {one.name}", one.definition or title, imports)
    draft.add(
        path,
        f"<{iri}> a owl:NamedIndividual , hip:Document ; rdfs:label {_text(f'{one.name}: {title}')} ;\n"
        f'  dcterms:title {_text(title)} ; skos:notation "{one.name}" ;\n'
        f"  skos:definition {_text(one.definition or f'{TODO}: say what it is, and of when.')} ;\n"
        f"  hip:publisher {_text(one.publisher or f'{TODO}: who publishes it')} .",
    )


def _statement(one: Wanted, draft: _Draft) -> None:
    """Add a statement, its link from its contexts, and a case."""
    document, path = _home(one, draft)
    if not one.applies_to or not one.intervention:
        raise UsageError(
            "A statement applies to a context and does something with an intervention.",
            place=one.name,
            remedy="Name both: --applies-to, --intervention.",
        )
    iri, effect = draft.namespace + one.name, draft.resolve(one.effect or "indicates")
    if effect not in _TYPES:
        raise UsageError(
            f"{curie(effect)} is no effect of a statement.",
            place=one.name,
            remedy=f"It is one of: {', '.join(map(local_name, _TYPES))}.",
        )
    act = draft.resolve(one.intervention, _INTERVENTION)
    slots = {slot: tuple(draft.resolve(it, _ROLES.get(slot, _SUBJECT)) for it in getattr(one, slot)) for slot in SLOTS}
    contexts = tuple(draft.resolve(it, _SUBJECT) for it in one.applies_to)
    name = draft.space.labels.get(act, local_name(act))
    label = f"{one.name} {one.label or next((text for text, it in draft.labels.items() if it == act), name)}"
    draft.declare(iri, label)
    kind = draft.resolve(one.type, _KIND_OF_STATEMENT) if one.type else _TYPES[effect]
    grades = {name: text for name in _GRADES if (text := getattr(one, name))}
    lines = [
        f'<{iri}> a owl:NamedIndividual , <{kind}> ; rdfs:label {_text(label)} ; skos:notation "{one.name}" ;',
        f"  skos:definition {_text(one.definition or f'{TODO}: say in your own words what the document says.')} ;",
        f"  hip:fromDocument <{document}> ; hip:section {_text(one.section or f'{TODO}: section of the document')} ;",
        *(f"  <{_GRADES[name][0]}> <{_value(name, text, draft)}> ;" for name, text in grades.items()),
        *(f"  hip:{_IN_OWL[slot]} {', '.join(f'<{it}>' for it in some)} ;" for slot, some in slots.items() if some),
        f"  hip:appliesTo {', '.join(f'<{it}>' for it in contexts)} ; <{effect}> <{act}> .",
    ]
    waits = any(slots[slot] for slot in SLOTS if slot != "satisfied_by")
    scoped = effect in _ADVISING and draft.told(document, hip.adviceRequires)
    link = "hip:applicableStatement" if waits or scoped else "hip:unconditionalStatement"
    value = f"[ a owl:Restriction ; owl:onProperty {link} ; owl:hasValue <{iri}> ]"
    draft.import_into(path, (*contexts, act, *(it for some in slots.values() for it in some)))
    draft.add(path, "\n".join([*lines, *(f"<{it}> rdfs:subClassOf {value} ." for it in contexts)]))
    _refuse_case(one.name, draft)
    draft.statements.append(iri)


def _home(one: Wanted, draft: _Draft) -> tuple[str, Path]:
    """Find the document of a statement and its module, by the id of the statement where no document is named."""
    stem, hyphen, number = one.name.rpartition("-")
    if not hyphen or not number.isdigit():
        raise UsageError(
            f"{one.name!r} is no id of a statement.",
            remedy="Write that of its document, a hyphen and a number: GTP-06.",
        )
    document = draft.resolve(one.document or stem, _DOCUMENT)
    path = draft.home(document)
    if path is None or not path.is_relative_to(draft.space.folder):
        raise UsageError(
            f"{curie(document)} is a document of the shipped ontology.", place=one.name, remedy="Name one of your own."
        )
    return document, path


def _value(stem: str, text: str, draft: _Draft) -> str:
    """Find a value of a scale by its label, or by its name, with the scale before it or without."""
    scale = _GRADES[stem][1]
    named = stem + "".join(word[:1].upper() + word[1:] for word in text.split())
    for one in draft.members(scale):
        if text.casefold() == draft.space.labels.get(one, "").casefold() or one in with_local_name(named):
            return one
    return draft.resolve(text, scale)


# Cases


def _folder(name: str, draft: _Draft) -> Path:
    return draft.cases / "statements" / name


def _refuse_case(name: str, draft: _Draft) -> None:
    """Refuse a statement for which there is a case."""
    if _folder(name, draft).exists():
        raise UsageError(
            "There is a case already.", place=str(_folder(name, draft)), remedy="Move it away, or choose another id."
        )


def _cases(draft: _Draft) -> None:
    """Begin a case of each new statement: two patients, and what is expected of them."""
    triples = [*draft.space.triples, *(one for some in draft.added.values() for one in some)]
    paths = tuple(one.path for one in draft.space.modules)
    knowledge = compiled_as_written(sources_of(paths, triples, draft.space.own))
    for iri in draft.statements:
        info = knowledge.statements[iri]
        made = case_patients(info, knowledge, draft.today)
        fires = made.fires if made else skeleton(info, knowledge)
        near = (made and made.near) or fires
        if made and made.near:
            why = f"look at both patients, and say in your words how this one differs: {made.difference}"
        else:
            first = "" if made else f"add to fires.ttl what is asked for: {asked_for(info, knowledge)}; "
            why = f"{first}let near-miss.ttl lack one thing that the statement needs, and say here which"
        expected = {
            "fires": {"state": fires.state, **({"site": fires.site} if fires.site else {})},
            "nearMiss": {"state": (near.state or None) if near is not fires else None, "why": f"{TODO}: {why}."},
            "asOf": draft.today.isoformat(),
        }
        folder = _folder(info.id, draft)
        draft.files |= {
            folder / "expected.json": json.dumps(expected, indent=2, ensure_ascii=False) + "\n",
            folder / "fires.ttl": fires.turtle,
            folder / "near-miss.ttl": near.turtle,
        }


def _text(text: str) -> str:
    return f"{ox.Literal(text, language='en')}"


def _called(space: Workspace) -> str:
    return space.own.prefix if space.own else "hipkg"


def _module(space: Workspace, iri: str) -> Module:
    return next(one for one in space.modules if iri in one.headers)


def left_to_fill(files: Mapping[Path, str], before: Mapping[Path, str]) -> Iterator[tuple[Path, int, str]]:
    """List what is left to be filled in of what is new, each with its file and line.

    Parameters: ``before`` are the texts of the files that were there.
    """
    for path, text in sorted(files.items()):
        lines, old = text.splitlines(), before.get(path, "").splitlines()
        first = _alike(lines, old)
        last = len(lines) - _alike(lines[first:][::-1], old[first:][::-1])
        for number, line in enumerate(lines[first:last], first + 1):
            if found := re.search(rf"{TODO}: ([^\"]*)", line):
                yield path, number, found[1]


def _alike(lines: Sequence[str], others: Sequence[str]) -> int:
    """Count the lines that two texts have in common from the first on."""
    return next((at for at, (one, other) in enumerate(zip(lines, others, strict=False)) if one != other), len(others))
