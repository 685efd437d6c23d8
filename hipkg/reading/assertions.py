"""Read short assertions, in the labels of the ontology or other names that it knows, or a piece of Turtle.

An assertion begins with a property of the patient, a problem or an intervention; what follows says more about it:

- ``at SITE``, with its side first if it has one
- ``since DATE``, ``until DATE``, ``for N days``, or weeks, or months
- a coded value by its label, such as ``planned``, ``inadequate relief``, ``not tolerated`` or ``mild``
- a number after the label of its property, such as ``daily dose 3000``

Of ``no`` and a problem or an intervention, perhaps with a site, it is recorded that there is none.

Small words between them, commas and upper case do not count.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.dates import DATATYPES, FORM
from hipkg.base.errors import UnreadableInput, UsageError
from hipkg.base.vocabulary import HIP, RDF_TYPE, XSD, namespace_of
from hipkg.knowledge.memo import kept
from hipkg.knowledge.studies import is_study
from hipkg.knowledge.wording import quantity
from hipkg.owl.expression import Facet, walk
from hipkg.reading.lengths import LENGTH, length
from hipkg.reading.sources import read_triples
from hipkg.record.change import Change
from hipkg.record.facts import Facts, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.knowledge.records import Knowledge
    from hipkg.record.change import Fact
    from hipkg.record.facts import Node
    from hipkg.record.patient import Record

_SINCE, _UNTIL = re.compile(f"(?:since|from) {FORM}"), re.compile(f"(?:until|to) {FORM}")
_LENGTH = re.compile(f"for {LENGTH}")
_NUMBER = re.compile(r"(?:of |is |= )?([0-9]+(?:\.[0-9]+)?)")
_SMALL = re.compile(r"(?:and|with|as|because of|because|outcome|the|in|a|an)\b ?")
_NO = re.compile(r"(?:no|without)\b ?")
_PLACE = re.compile(r"(?:at|of|in) (?:the )?")
_WORD = re.compile(r"[^a-z0-9]+")
_SUGGESTIONS = 3


def read_addition(text: str, record: Record, knowledge: Knowledge, *, runs: bool = True) -> Change:
    """Read what an assertion, or a piece of Turtle, adds to a record.

    Parameters: ``runs`` takes a course to run, or a study to be done, where no status is told.

    Raises `UsageError` naming the part that is not understood, or `UnreadableInput` for broken Turtle.
    """
    if _is_turtle(text):
        return Change(frozenset(_facts(_turtle(text, record, knowledge))))
    return _Reader(text, record, knowledge).addition(runs=runs)


def read_order(text: str, record: Record, knowledge: Knowledge) -> tuple[Change, str]:
    """Read an order as a planned activity, and name the node that it adds.

    Raises `UsageError` for what is not understood, is no treatment or study, or is told to be anything but planned.
    """
    return _Reader(text, record, knowledge).order()


def read_removal(text: str, record: Record, knowledge: Knowledge) -> Change:
    """Read what an assertion, or a piece of Turtle, takes out of a record.

    Raises `UsageError` if nothing of the kind is recorded, and as `read_addition` does.
    """
    if _is_turtle(text):
        given = frozenset(_facts(_turtle(text, record, knowledge)))
        recorded = frozenset(_facts(record.triples))
        if not given <= recorded:
            raise UsageError("What is to be taken out is not recorded.", place=text[:60], remedy="Check the nodes.")
        return Change(frozenset(), given)
    return _Reader(text, record, knowledge).removal()


def intervention_named(text: str, knowledge: Knowledge) -> str:
    """Find the intervention with a label; empty if there is none."""
    return _names(knowledge).interventions.get(_plain(text), "")


def _is_turtle(text: str) -> bool:
    return text.lstrip().startswith("@") or "hip:" in text or "://" in text


def _turtle(text: str, record: Record, knowledge: Knowledge) -> tuple[ox.Triple, ...]:
    """Parse a file named after ``@``, or Turtle with the prefixes hip, xsd and that of the patient."""
    text = text.strip()
    if text.startswith("@") and not text.startswith(("@prefix ", "@base ")):
        read = read_triples(text[1:], lambda: knowledge)
    else:
        head = f"PREFIX : <{namespace_of(record.iri)}>\nPREFIX hip: <{HIP}>\nPREFIX xsd: <{XSD}>\n"
        read = read_triples(f"{head}{text.rstrip().rstrip('.')} .".encode(), lambda: knowledge, format="turtle")
    for problem in read.set_aside:
        raise problem  # what is understood in part is not the change that was asked for
    return read.results


def _facts(triples: Iterable[ox.Triple]) -> Iterator[Fact]:
    for one in triples:
        if isinstance(one.subject, ox.BlankNode) or isinstance(one.object, ox.BlankNode | ox.Triple):
            raise UnreadableInput("names a blank node.", place="the patch", remedy="Give every node a name.")
        target = one.object if isinstance(one.object, ox.Literal) else text_of(one.object.value)
        yield (text_of(one.subject.value), one.predicate.value, target)  # type: ignore[union-attr]


@dataclass
class _Said:
    """What has been read of an assertion: its head, where it is, and the values that follow."""

    head: str = ""
    kind: str = ""
    site: str = ""
    values: dict[str, Node] = field(default_factory=dict)
    facts: set[Fact] = field(default_factory=set)


class _Reader:
    def __init__(self, text: str, record: Record, knowledge: Knowledge) -> None:
        self._text = text
        self._rest = _plain(text)
        self._patient = record.iri
        self._graph = Facts(record.triples)
        self._knowledge = knowledge
        self._names = _names(knowledge)

    def addition(self, *, runs: bool) -> Change:
        if self._denies():
            return Change(self._absences(self._absent()))
        said = self._read()
        if said.kind == "number":
            return Change(
                frozenset({(self._patient, said.head, said.values[said.head])}), self._recorded_numbers(said.head)
            )
        if said.kind == "problem":
            node = self._new(said.head)
            facts = {(node, prop, value) for prop, value in said.values.items()} | said.facts
            facts |= {(self._patient, hip.hasProblem, node), (node, RDF_TYPE, said.head)}
            return Change(frozenset(facts | ({(node, hip.hasSite, said.site)} if said.site else set())))
        if runs and hip.hasStatus not in said.values:
            over = is_study(said.head, self._knowledge) or hip.endDate in said.values
            said.values[hip.hasStatus] = hip.completed if over else hip.ongoing
        return Change(self._activity(said))

    def _activity(self, said: _Said) -> frozenset[Fact]:
        node, study = self._new(said.head), is_study(said.head, self._knowledge)
        facts: set[Fact] = {(node, prop, value) for prop, value in said.values.items()} | said.facts
        facts |= {
            (self._patient, hip.hasStudy if study else hip.hasCourse, node),
            (node, RDF_TYPE, hip.Study if study else hip.TreatmentCourse),
            (node, hip.ofIntervention, said.head),
        }
        return frozenset(facts | ({(node, hip.targets, said.site)} if said.site else set()))

    def order(self) -> tuple[Change, str]:
        """Read what is to be done, which is planned whatever else is said of it."""
        if self._denies():
            raise UsageError("An order orders something.", place=self._text[:80], remedy="Leave out the denial.")
        rest = self._rest
        said = self._read()
        if said.kind != "activity":
            self._rest = rest
            raise self._not_understood("a treatment or a study")
        self._say(said, hip.hasStatus, hip.planned)
        facts = self._activity(said)
        ((node, _),) = ((one, of) for one, prop, of in facts if prop == hip.ofIntervention)
        return Change(facts), node

    def removal(self) -> Change:
        if self._denies():
            return Change(frozenset(), self._absence_recorded())
        said = self._read(numbers=False)
        if said.kind == "number":
            removed = self._recorded_numbers(said.head)
        else:
            removed = frozenset(fact for node in self._matching(said) for fact in self._about(node))
        if not removed:
            raise UsageError(
                f"Nothing recorded fits {self._text!r}.", remedy=f"On record: {', '.join(self._on_record())}."
            )
        return Change(frozenset(), removed)

    def _denies(self) -> bool:
        """Take the word of denial that an assertion begins with, unless a name does."""
        named = any(map(self._words_of, (self._names.problems, self._names.interventions)))
        return not named and bool(self._match(_NO))

    def _absent(self) -> _Said:
        """Read what there is none of, and perhaps where."""
        said = self._head(numbers=False)
        if said.kind == "number":
            raise UsageError("A number cannot be absent.", place=self._text[:80], remedy="Take it out with --remove.")
        while self._rest:
            if not self._site(said):
                raise self._not_understood("a site")
        return said

    def _absences(self, said: _Said) -> frozenset[Fact]:
        place = said.site or self._patient
        link = {(self._patient, hip.hasBodySite, said.site)} if said.facts else set()
        return frozenset({(place, hip.isWithout, said.head), *link, *said.facts})

    def _absence_recorded(self) -> frozenset[Fact]:
        said = self._absent()
        found = (said.site or self._patient, hip.isWithout, said.head)
        if said.head not in self._graph.values(found[0], hip.isWithout):
            raise UsageError(f"Nothing recorded fits {self._text!r}.", remedy="Look for hip:isWithout in the record.")
        return frozenset({found})

    def _read(self, *, numbers: bool = True) -> _Said:
        said = self._head(numbers=numbers)
        while self._rest:
            if not (self._site(said) or self._time(said) or self._coded(said) or self._measure(said) or self._skip()):
                raise self._not_understood()
        return said

    def _head(self, *, numbers: bool) -> _Said:
        """Take the longest name of a measurement, a problem or an intervention that the assertion begins with."""
        kinds = {
            "number": self._names.numbers,
            "problem": self._names.problems,
            "activity": self._names.interventions,
        }
        kind = max(kinds, key=lambda one: self._words_of(kinds[one]))
        iri = self._take(kinds[kind])
        if not iri:
            raise self._not_understood()
        said = _Said(iri, kind)
        if kind == "number" and numbers:
            said.values[iri] = self._amount(iri)
        return said

    def _words_of(self, names: Mapping[str, str]) -> int:
        """Count the words of the longest name that the rest begins with."""
        words = self._rest.split()
        return next((count for count in range(len(words), 0, -1) if " ".join(words[:count]) in names), 0)

    def _take(self, names: Mapping[str, str]) -> str:
        """Take the longest name that the rest begins with, and return what it means."""
        words, count = self._rest.split(), self._words_of(names)
        self._rest = " ".join(words[count:])
        return names[" ".join(words[:count])] if count else ""

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._rest)
        if found:
            self._rest = self._rest[found.end() :].strip()
        return found

    def _amount(self, prop: str) -> ox.Literal:
        found = self._match(_NUMBER)
        if not found:
            raise self._not_understood("a number")
        self._unit(prop, found[1])
        whole = "integer" if "." not in found[1] and self._names.whole.get(prop) else "decimal"
        return ox.Literal(found[1], datatype=ox.NamedNode(XSD + whole))

    def _unit(self, prop: str, number: str) -> None:
        """Take the unit of a number, which may be written in words or left out; any other word is read as what follows.

        Numbers are recorded in the unit of their property, so that another one is not understood.
        """
        unit = self._knowledge.units.get(prop, "")
        words = _plain(quantity(number, unit).partition(" ")[2])
        forms = {words, words.replace(" a ", " per "), words.removesuffix("s"), unit, unit.removesuffix("/d")}
        known = sorted({one.casefold() for one in forms if one}, key=len, reverse=True)
        self._match(re.compile(rf"(?:{'|'.join(map(re.escape, known))})(?= |$)")) if known else None

    def _site(self, said: _Said) -> bool:
        before = self._rest
        earlier = said.site
        if not self._match(_PLACE):
            return False
        known = {name: node for node, name in self._recorded_sites()}
        said.site = self._take(known)
        if not said.site:
            side = self._take(self._names.sides)
            kind = self._take(self._names.sites)
            if not kind:
                self._rest = before
                return False
            said.site = self._new(kind, side)
            said.facts |= {(said.site, RDF_TYPE, kind)} | ({(said.site, hip.hasSide, side)} if side else set())
        if earlier and earlier != said.site:
            raise self._contradictory("places")
        return True

    def _recorded_sites(self) -> Iterator[tuple[str, str]]:
        """Name the recorded sites by side and kind, and by kind alone where there is one only."""
        kinds: dict[str, list[str]] = {}
        for node in sorted({node for members in self._graph.members.values() for node in members}):
            for cls in self._graph.classes(node):
                if self._knowledge.is_a(cls, hip.BodySite):
                    label = _plain(self._knowledge.label(cls))
                    kinds.setdefault(label, []).append(node)
                    for side in self._graph.nodes(node, hip.hasSide):
                        yield node, f"{self._knowledge.label(side)} {label}".casefold()
        yield from ((nodes[0], label) for label, nodes in kinds.items() if len(nodes) == 1)

    def _time(self, said: _Said) -> bool:
        for pattern, prop in ((_SINCE, hip.startDate), (_UNTIL, hip.endDate)):
            found = self._match(pattern)
            if found:
                datatype = ox.NamedNode(XSD + DATATYPES[len(found[1])])
                self._say(said, prop, ox.Literal(found[1], datatype=datatype))
                return True
        found = self._match(_LENGTH)
        if found:
            self._say(said, hip.duration, length(found[1], found[2]))
        return bool(found)

    def _coded(self, said: _Said) -> bool:
        value = self._take(self._names.values)
        if value:
            self._say(said, self._names.property_of[value], value)
        return bool(value)

    def _measure(self, said: _Said) -> bool:
        prop = self._take(self._names.numbers)
        if prop:
            self._say(said, prop, self._amount(prop))
        return bool(prop)

    def _say(self, said: _Said, prop: str, value: Node) -> None:
        """Note a value, and refuse a second one of the same property."""
        if said.values.setdefault(prop, value) != value:
            raise self._contradictory(f"values of {self._knowledge.label(prop)}")

    def _contradictory(self, what: str) -> UsageError:
        return UsageError(
            f"The assertion gives two {what}.", place=self._text[:80], remedy="Write one assertion for each."
        )

    def _skip(self) -> bool:
        return bool(self._match(_SMALL))

    def _recorded_numbers(self, prop: str) -> frozenset[Fact]:
        return frozenset((self._patient, prop, one) for one in self._graph.values(self._patient, prop))

    def _matching(self, said: _Said) -> Iterator[str]:
        """List the recorded nodes that an assertion names, or else those of a kind that it names."""
        found = [(node, kinds) for node, kinds in self._described(said)]
        exact = [node for node, kinds in found if said.head in kinds]
        yield from exact or (node for node, _ in found)

    def _described(self, said: _Said) -> Iterator[tuple[str, set[str]]]:
        """List the recorded nodes that an assertion fits, with what each is recorded as."""
        links = (hip.hasProblem,) if said.kind == "problem" else (hip.hasCourse, hip.hasStudy, hip.hasActivity)
        for node in sorted({one for link in links for one in self._graph.nodes(self._patient, link)}):
            kinds = {*self._graph.classes(node)} if said.kind == "problem" else self._interventions(node)
            where = self._graph.values(node, hip.hasSite if said.kind == "problem" else hip.targets)
            values = all(value in self._graph.values(node, prop) for prop, value in said.values.items())
            fits = any(self._knowledge.is_a(one, said.head) for one in kinds)
            if fits and (not said.site or said.site in where) and values:
                yield node, kinds

    def _interventions(self, node: str) -> set[str]:
        """Collect what was done: interventions of the ontology, or those that a node of the record is said to be."""
        done = {*self._graph.nodes(node, hip.ofIntervention)}
        return done | {cls for one in done for cls in self._graph.classes(one)}

    def _about(self, node: str) -> Iterator[Fact]:
        yield from ((node, RDF_TYPE, cls) for cls in self._graph.classes(node))
        for prop, links in self._graph.objects.items():
            yield from ((node, prop, value) for value in links.get(node, ()))
            yield from ((subject, prop, node) for subject, values in links.items() if node in values)

    def _on_record(self) -> list[str]:
        heads = {cls for node in self._graph.nodes(self._patient, hip.hasProblem) for cls in self._graph.classes(node)}
        done = {one for node in self._graph.objects.get(hip.ofIntervention, {}) for one in self._interventions(node)}
        heads |= {one for one in done if one in self._knowledge.labels}
        return sorted(self._knowledge.label(one) for one in heads) or ["nothing"]

    def _new(self, cls: str, side: str = "") -> str:
        """Name a new node after what it is."""
        words = " ".join([*([self._knowledge.label(side)] if side else []), self._knowledge.label(cls)])
        stem = namespace_of(self._patient) + _WORD.sub("-", words.casefold()).strip("-")
        taken = {node for members in self._graph.members.values() for node in members}
        number = 1
        while (name := stem if number == 1 else f"{stem}-{number}") in taken:
            number += 1
        return name

    def _not_understood(self, wanted: str = "") -> UsageError:
        words = self._rest.split()
        known = [*self._names.problems, *self._names.interventions, *self._names.numbers, *self._names.values]
        near = get_close_matches(" ".join(words[:4]), known, n=_SUGGESTIONS, cutoff=0.5) or get_close_matches(
            words[0] if words else "", known, n=_SUGGESTIONS, cutoff=0.5
        )
        hint = f"Nearest: {'; '.join(near)}." if near else "Write a problem, a treatment or a measurement by its label."
        what = f"Where {wanted} should be, {self._rest!r}" if wanted else f"{self._rest!r}"
        return UsageError(f"{what} is not understood.", place=self._text[:80], remedy=hint)


def _plain(text: str) -> str:
    """Write words in lower case, without commas."""
    return " ".join(text.replace(",", " ").casefold().split())


@dataclass(frozen=True, slots=True)
class _Names:
    """The labels that assertions are read by, in lower case, and what they mean."""

    problems: Mapping[str, str]
    interventions: Mapping[str, str]
    numbers: Mapping[str, str]
    values: Mapping[str, str]
    sites: Mapping[str, str]
    sides: Mapping[str, str]
    property_of: Mapping[str, str]
    whole: Mapping[str, bool]


@kept
def _names(knowledge: Knowledge) -> _Names:
    def labelled(iris: Iterable[str]) -> dict[str, str]:
        named = sorted(iris, reverse=True)
        other = [(_plain(word), one) for one in named for word in knowledge.other_names(one)]
        meant = Counter(word for word, _ in dict.fromkeys(other))
        # A label goes before other names, and what could mean several things means none.
        return {word: one for word, one in other if meant[word] == 1} | {
            _plain(knowledge.label(one)): one for one in named
        }

    told = [one for one in knowledge.labels if knowledge.definition(one) is None]
    values = knowledge.value_properties
    numbers = {*knowledge.functional, *knowledge.units} - {*knowledge.upper_ends, *knowledge.upper_ends.values()}
    return _Names(
        labelled(one for one in told if knowledge.is_a(one, hip.Problem) and one != hip.Problem),
        labelled(knowledge.interventions),
        labelled(numbers & {*knowledge.functional}),
        labelled(one for one, prop in values.items() if prop != hip.hasSide),
        labelled(one for one in told if knowledge.is_a(one, hip.BodySite)),
        labelled(knowledge.opposites),
        values,
        {prop: True for prop in numbers if prop in _integers(knowledge)},
    )


def _integers(knowledge: Knowledge) -> set[str]:
    """Collect the properties that definitions compare with whole numbers."""
    parts = (part for definition in knowledge.definitions.values() for part in walk(definition))
    return {part.prop for part in parts if isinstance(part, Facet) and part.datatype == XSD + "integer"}
