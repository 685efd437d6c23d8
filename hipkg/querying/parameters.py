"""Bind the parameters of a query: the values that users give become terms, and the terms restrict the answer.

Nothing that users give is pasted into a query as it is written: terms are, in their own notation. A variable that the
query binds itself keeps the values that it is given; one that it only uses has them; one for which the query may bind
nothing, as in OPTIONAL, restricts the answer to the rows in which it is bound to them.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pyoxigraph as ox

from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import QUERY_PREFIXES, XSD
from hipkg.querying.algebra import Algebra, Binding
from hipkg.querying.names import resolve
from hipkg.querying.text import PARAMETER, Kind, QueryText

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.querying.catalogue import Parameter, ParameterType, QueryInfo
    from hipkg.querying.text import Token

Value: TypeAlias = "ox.NamedNode | ox.Literal"
_COUNTS = {"LIMIT", "OFFSET"}
_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?P<fraction>\.[0-9]+)?)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_QUOTED = re.compile(r'"(?P<text>.*)"(?:@(?P<language>[A-Za-z]+(?:-[A-Za-z0-9]+)*))?', re.DOTALL)


class Graphs(NamedTuple):
    """The graphs that a request asks a query of, whatever the query says: their union by ``default``, and by name."""

    default: tuple[str, ...]
    named: tuple[str, ...]


class Bound(NamedTuple):
    """A query that can be asked: its text, the values that its variables are replaced by, and how it was written.

    ``graphs`` are those of a request, None where the query says of which it is asked.
    """

    text: QueryText
    substitutions: Mapping[str, Value]
    written: QueryText
    graphs: Graphs | None = None


def bound(info: QueryInfo, params: Mapping[str, Sequence[str]], knowledge: Knowledge) -> Bound:
    """Bind the parameters of a query, each to one of its values.

    Raises `UsageError` for a parameter that the query does not have or needs, for a value that cannot be used, and
    where the query cannot be restricted.
    """
    given = _given(info, params, knowledge)
    written = QueryText(info.text, info.place)
    text, left = _counted(written.plain(), given)
    if not left or (info.named and all(len(values) == 1 for values in left.values())):
        return Bound(text, {name: values[0] for name, values in left.items()}, written)
    algebra = Algebra(text)
    replaced: dict[str, Value] = {}
    for name, values in left.items():
        binding = algebra.binding(name)
        if binding is Binding.PERHAPS:
            text = _filtered(text, name, values)
        elif len(values) == 1 and algebra.is_replaceable(name):
            replaced[name] = values[0]
        elif binding is Binding.ALWAYS:
            text = _listed(text, name, values)
        else:
            text = _used(text, name, values)
    return Bound(text, replaced, written)


def _given(info: QueryInfo, params: Mapping[str, Sequence[str]], knowledge: Knowledge) -> dict[str, tuple[Value, ...]]:
    """Turn the values of parameters into terms, those of a query without a header by what they look like."""
    if not info.declared:
        return {_variable(name): tuple(_guessed(one, knowledge) for one in some) for name, some in params.items()}
    declared = {one.name: one for one in info.parameters}
    for name in params:
        if name not in declared:
            known = f"It has: {', '.join(declared)}." if declared else "It has none."
            raise UsageError(f"The query {info.name} has no parameter {name!r}.", place=PARAMETER, remedy=known)
    given = {name: params.get(name) or ((one.default,) if one.default else ()) for name, one in declared.items()}
    for name, values in given.items():
        if declared[name].required and not any(values):
            remedy = f"Give it with --param {name}=..., {declared[name].description}."
            raise UsageError(f"The query {info.name} needs the parameter {name!r}.", remedy=remedy)
    return {
        name: tuple(_term(declared[name], one, knowledge) for one in values) for name, values in given.items() if values
    }


def _counted(text: QueryText, given: Mapping[str, tuple[Value, ...]]) -> tuple[QueryText, dict[str, tuple[Value, ...]]]:
    """Put numbers in the place of the variables of LIMIT and OFFSET; return also the values of the others."""
    counts = {
        two: _count(two, text, given)
        for one, two in zip(text.tokens, text.tokens[1:], strict=False)
        if one.word in _COUNTS and two.kind is Kind.VARIABLE
    }
    used = {two.text[1:] for two in counts}
    return text.replaced(counts), {name: values for name, values in given.items() if name not in used}


def _count(variable: Token, text: QueryText, given: Mapping[str, tuple[Value, ...]]) -> str:
    name = variable.text[1:]
    values = [one.value for one in given.get(name, ())]
    if len(values) != 1 or not values[0].isdecimal():
        message = f"The query counts rows by ?{name}, which is {'no number' if values else 'not given'}."
        raise UsageError(message, place=text.where(variable.start), remedy=f"Give one with --param {name}=10.")
    return str(int(values[0]))


def _filtered(text: QueryText, name: str, values: Sequence[Value]) -> QueryText:
    """Keep the rows in which a variable is bound to one of some values."""
    first, last = _pattern(text)
    condition = f"BOUND(?{name}) && ?{name} IN ({', '.join(map(str, values))})"
    return text.replaced({first: "{ {", last: f"}} FILTER({condition}) }}"})


def _listed(text: QueryText, name: str, values: Sequence[Value]) -> QueryText:
    """Keep the solutions in which a variable, which all of them bind, has one of some values."""
    first, last = _pattern(text)
    return text.replaced({first: f"{{ {_values(name, values)} {{", last: "} }"})


def _used(text: QueryText, name: str, values: Sequence[Value]) -> QueryText:
    """Give a variable that the query only uses its value, or several if it uses it in its outermost group alone."""
    uses = [one for one in text.tokens if one.kind is Kind.VARIABLE and one.text[1:] == name]
    if len(values) == 1:
        return text.replaced(dict.fromkeys(uses, str(values[0])))
    first, last = _pattern(text)
    inner = [pair for pair, depth in _brackets(text) if depth]
    if any(begin.start < use.start < end.start for begin, end in inner for use in uses) or uses[-1].start > last.start:
        message = f"The query uses ?{name} where it can have one value only."
        raise UsageError(message, place=text.where(uses[-1].start), remedy="Give it once, or bind it in the pattern.")
    return text.replaced({first: f"{{ {_values(name, values)} "})


def _values(name: str, values: Sequence[Value]) -> str:
    return f"VALUES ?{name} {{ {' '.join(map(str, values))} }}"


def _pattern(text: QueryText) -> tuple[Token, Token]:
    """Find the brackets around the pattern of a query; a template has brackets of its own, before these."""
    pairs = [pair for pair, depth in _brackets(text) if not depth]
    form = next((number for number, one in enumerate(text.tokens) if one.word in _FORMS), len(text.tokens))
    templated = [one.text.upper() for one in text.tokens[form : form + 2]] == ["CONSTRUCT", "{"]
    if len(pairs) <= templated or (text.tokens[form].word == "CONSTRUCT" and not templated):
        message = "The query has no pattern of its own that a parameter could restrict."
        raise UsageError(message, place=text.place, remedy="Give it a WHERE clause, and CONSTRUCT a template.")
    return pairs[templated]


def _brackets(text: QueryText) -> list[tuple[tuple[Token, Token], int]]:
    """Pair the curly brackets that belong together, each with how many are around them, in the order they open."""
    opened: list[Token] = []
    found = []
    for one in text.tokens:
        if one.kind is Kind.MARK and one.text == "{":
            opened.append(one)
        elif one.kind is Kind.MARK and one.text == "}" and opened:
            found.append(((opened.pop(), one), len(opened)))
    return sorted(found, key=lambda pair: pair[0][0].start)


def _variable(name: str) -> str:
    if not re.fullmatch(r"\w+", name):
        message = f"{name!r} is not the name of a variable."
        raise UsageError(message, place=PARAMETER, remedy="Write it without ? and $.")
    return name


def _term(parameter: Parameter, value: str, knowledge: Knowledge) -> Value:
    try:
        return _typed(parameter.type, value, knowledge)
    except ValueError as error:
        if isinstance(error, UsageError):
            raise UsageError(error.message, place=f"{PARAMETER} {parameter.name}", remedy=error.remedy) from None
        example = {"integer": "a whole number such as 3", "date": "a date such as 2026-11-23"}[parameter.type]
        message = f"{value!r} is no {parameter.type}."
        raise UsageError(message, place=f"{PARAMETER} {parameter.name}", remedy=f"Write {example}.") from None


def _typed(kind: ParameterType, value: str, knowledge: Knowledge) -> Value:
    if kind == "iri":
        return resolve(value, knowledge)
    if kind == "integer":
        return ox.Literal(int(value))
    if kind == "date":
        return ox.Literal(date.fromisoformat(value).isoformat(), datatype=ox.NamedNode(f"{XSD}date"))
    return ox.Literal(value)


def _guessed(value: str, knowledge: Knowledge) -> Value:
    """Take what is written as a term, a number, a date or a text in quotes for one, and everything else for a text."""
    if value.partition(":")[0] in QUERY_PREFIXES or re.match(r"<|(https?://|urn:)", value):
        return resolve(value, knowledge)
    if number := _NUMBER.fullmatch(value):
        return ox.Literal(value, datatype=ox.NamedNode(f"{XSD}{'decimal' if number['fraction'] else 'integer'}"))
    if value in {"true", "false"}:
        return ox.Literal(value, datatype=ox.NamedNode(f"{XSD}boolean"))
    if _DATE.fullmatch(value):
        return ox.Literal(value, datatype=ox.NamedNode(f"{XSD}date"))
    quoted = _QUOTED.fullmatch(value)
    return ox.Literal(quoted["text"], language=quoted["language"]) if quoted else ox.Literal(value)
