"""Which checks of the ontology there are: the rule that each holds, how to mend what breaks it, and how much it weighs.

A check that a query makes is described in the head of the query, one that a shape makes in the shape; those that are
made in code are described here.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.paths import QUERIES, SHAPES
from hipkg.base.vocabulary import local_name
from hipkg.maintenance.checks.issue import Severity
from hipkg.validation.compiler import compile_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

QUALITY = QUERIES / "quality"
STATEMENT_SHAPES = SHAPES / "statement.ttl"
SUFFIX = "-violation"
_HEAD = re.compile(r"^#\+ (\w+): (.*)$", re.MULTILINE)
_SEVERITIES = {"violation": Severity.ERROR, "warning": Severity.WARNING, "info": Severity.NOTE}


class Header(NamedTuple):
    """What a check holds, how to mend what breaks it, how much it weighs, and what makes it."""

    id: str
    rule: str
    remedy: str
    severity: Severity
    made_by: str


_OF_CODE = {
    "syntax": (
        "A module is Turtle in UTF-8.",
        "Look at the line and at the one before it: often a mark such as ; or . is missing.",
    ),
    "header": ("A module has one header.", "State `a owl:Ontology` of one IRI."),
    "vocabulary": (
        "Every name of the ontology's namespace is declared by a module, wherever it stands.",
        "Correct the name, or declare it as a class, a property or an individual.",
    ),
    "foreign-name": (
        "Every property and kind of another namespace is of RDF, RDFS, OWL or XSD, or declared.",
        "Correct the name, or declare it in core.ttl.",
    ),
    "imports": (
        "Every module is imported by the ontology, and every import is a module.",
        "Correct the IRI of the import, or add the module to the imports of its main module.",
    ),
    "import-missing": (
        "A module imports what it names, so that an editor who opens it sees all of it.",
        "Add the module of the name to owl:imports.",
    ),
    "catalog": ("The catalog leads from the IRI of every module to its file.", "Correct catalog-v001.xml."),
    "deprecated-use": (
        "What is deprecated is used by nothing that is in force.",
        "Name what replaces it, or deprecate what uses it as well; of a withdrawn statement, take away the restriction "
        "of its context.",
    ),
    "id-lost": (
        "A term that was published is declared for ever.",
        "Declare it again and deprecate it, so that its id cannot come to mean something else.",
    ),
    "id-reused": (
        "What was published as withdrawn is in force no more.",
        "Deprecate it again, and give what you add an id of its own.",
    ),
    "version-published": (
        "What was published under a version is what the modules say while they have it.",
        "Publish what you changed as the next version: hipkg ontology release --to DIR --bump LEVEL.",
    ),
    "declared-twice": ("A term is declared by one module.", "Declare it where it belongs, and only name it elsewhere."),
    "name-case": ("Names differ in more than upper and lower case, or the namespace.", "Rename one of the two."),
    "own-namespace": (
        "An ontology of one's own describes terms of its own namespace; of others it says only which statements apply.",
        "Declare a term of your own, below the shipped one.",
    ),
    "statement-module": (
        "A statement stands in the module of its document.",
        "Move it there, or correct its document.",
    ),
    "fragment": (
        "Every axiom is in the fragment of OWL that the native engine sees.",
        "Say it with what ontology/README.md lists.",
    ),
    "axiom-term": (
        "An axiom names terms of the kind that it is about: classes, individuals or properties.",
        "Name a term of that kind.",
    ),
    "value-kind": (
        "The value of a property of individuals is a name, that of a property of data a literal of its datatype.",
        "Name an individual without quotes, or write a literal of the datatype.",
    ),
    "value-range": ("The value of a property is told to be in the range of it.", "Name one of the right kind."),
    "value-domain": (
        "What has a property is told to be in the domain of it, or of a kind that the property is told of.",
        "Use the property that is meant for it.",
    ),
    "told-of": (
        "A property of nodes names the kinds of nodes that have it, by which questions about others are refused.",
        "State rdfs:domain where one kind has it, hip:toldOf where several have.",
    ),
    "literal-form": ("A literal is of the datatype that it says.", "Correct the text, or the datatype."),
    "restriction": (
        "A restriction names a property of the right kind, and a class, a value or a datatype of its range.",
        "Correct the property, or what it is restricted to.",
    ),
    "facet-datatype": (
        "The limits of a range of numbers are of the datatype that they restrict, which is the range of the property.",
        "Write the number without quotes, as whole as the datatype asks for.",
    ),
    "facet-range": (
        "A range of numbers is not empty, and within what the property can have.",
        "Correct the limit, or hip:possibleFrom and hip:possibleUpTo of the property.",
    ),
    "kind-cycle": ("No class or property is above itself.", "Take one step of the circle away."),
    "disjoint-kinds": (
        "No class is under two that exclude each other.",
        "Choose one of the two, or take the disjointness away.",
    ),
    "not-apart": (
        "Kinds that exclude the same one exclude each other, unless something is in both.",
        "State owl:disjointWith between the two, or take one of the others away.",
    ),
    "definition-cycle": (
        "No definition names its class, at any remove.",
        "Define one of the classes without the others.",
    ),
    "definition-doubled": (
        "A list of a definition has two different parts or more.",
        "Take away what stands twice, or the list.",
    ),
    "same-definition": ("No two classes have the same definition.", "Use one of them in place of the other."),
    "same-class": (
        "No two classes are entailed to have the same members, unless one is said to be equivalent to the other.",
        "Use one of them in place of the other, or correct the definition that is too wide.",
    ),
    "number-copies": (
        "A number that stands in several places is the same in all: logic, name, label, definition, bounds, timing.",
        "Correct the copies that are wrong.",
    ),
    "limit-direction": (
        "What a text calls a least or a most number is one in the logic, itself included.",
        "Correct the facet (minInclusive, maxInclusive), or the text.",
    ),
    "section-name": (
        "No section of a document is written nearly as another one of it.",
        "Write the section as the other statements have it.",
    ),
    "owl2-dl": ("The ontology is in OWL 2 DL.", "Look at the kind of violation in the OWL 2 profiles."),
    "classification": (
        "A reasoner can classify the ontology, and every class can have members.",
        "Look at the definition and at what is disjoint.",
    ),
    "normal-form": ("A module is in the project's normal form.", "Run: hipkg ontology format"),
    "release": ("The release is what the sources give.", "Run: hipkg ontology release"),
    "accepted-unused": ("An accepted exception is still there.", "Take it out of the list of exceptions."),
    "dead-statement": ("A statement can hold.", "Correct its context, requirements or exceptions."),
    "idle-slot": ("A slot makes a difference.", "Take the entry away, or correct its class."),
    "subsumed-statement": (
        "A statement adds something to the others of its document.",
        "Keep it if the document says both.",
    ),
    "unexpected-subsumption": (
        "Where one context falls under another, the definitions show it.",
        "Correct them, or accept it by hip:expectedSubsumption.",
    ),
    "expected-subsumption": (
        "What is expected to fall under another does, and not by its definition alone.",
        "Take it away.",
    ),
    "mapping-table": ("A table of codes can be read.", "Correct the row."),
    "mapping-system": ("No spelling names two code systems.", "Take it from one of them."),
    "mapping-file": (
        "Every code system has its file of mappings, and every file its system.",
        "Add or rename the file.",
    ),
    "mapping-header": (
        "The head of a file of mappings has the slots of SSSOM that the project asks for.",
        "Complete it.",
    ),
    "mapping-code": ("What is mapped is a code of the system.", "Correct the code."),
    "mapping-predicate": (
        "The predicate of a mapping is a known one.",
        "Use a predicate that ontology/mappings/README.md lists.",
    ),
    "mapping-justification": ("A mapping says by which process of SEMAPV it was made.", "Name the process."),
    "mapping-source": ("A mapping names where the code was seen.", "Fill in ext_seen_in."),
    "mapping-term": ("A code means a term that can be recorded, under its label.", "Correct the term or its label."),
    "mapping-rule": ("A rule for codes below others can be applied.", "Correct the expression."),
    "mapping-place": ("The site and the sides of a code are a site and sides.", "Correct them."),
    "mapping-absence": ("What a code says is absent is said in a known word.", "Use a known word."),
    "mapping-answer": ("What a code answers is said in a known word.", "Use a known word."),
    "mapping-qualifier": (
        "A qualifier of a code is a fact that can be recorded.",
        "Correct the property or the value.",
    ),
    "mapping-duplicate": ("A code is mapped to a term once.", "Take the second row away."),
    "mapping-disjoint": ("The terms of a code do not exclude each other.", "Choose one of them."),
}
_WARNINGS = {"accepted-unused", "definition-doubled", "import-missing", "name-case", "normal-form", "release"}
_WARNINGS |= {"section-name"}
_NOTES = {"subsumed-statement", "version-published"}


@cache
def headers() -> Mapping[str, Header]:
    """Map the id of each check to its header."""
    return {one.id: one for one in sorted((*_in_code(), *_in_queries(), *_in_shapes()))}


def _in_code() -> list[Header]:
    def severity(check: str) -> Severity:
        return Severity.WARNING if check in _WARNINGS else Severity.NOTE if check in _NOTES else Severity.ERROR

    return [Header(check, *told, severity(check), "hipkg/maintenance/checks/") for check, told in _OF_CODE.items()]


def _in_queries() -> list[Header]:
    return [_of_query(path) for path in query_files()]


def query_files() -> tuple[Path, ...]:
    """List the queries that find what is wrong with the ontology."""
    return tuple(sorted(QUALITY.glob(f"*{SUFFIX}.rq")))


def _of_query(path: Path) -> Header:
    told = dict(_HEAD.findall(path.read_text(encoding="utf-8")))
    severity = Severity(told.get("severity", Severity.ERROR))
    check = path.stem.removesuffix(SUFFIX)
    return Header(check, told.get("summary", ""), told.get("mend", ""), severity, f"queries/quality/{path.name}")


def _in_shapes() -> list[Header]:
    return [
        Header(local_name(one.iri), one.message, one.fix, _SEVERITIES[one.severity], "shapes/statement.ttl")
        for one in compile_shapes(STATEMENT_SHAPES)
    ]
