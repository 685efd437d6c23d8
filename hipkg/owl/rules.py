"""The rules of the native engine as records, shared by the compilers, the release and the engine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from hipkg.owl.expression import from_json, named_classes, properties

if TYPE_CHECKING:
    from hipkg.owl.expression import Expression


@dataclass(frozen=True, slots=True, eq=False)
class ClassRule:
    """What the members of a class expression are, and which individuals they are linked to.

    ``defines`` is the class that the rule belongs to; without each of the terms it ``needs`` in a graph it cannot fire.
    """

    defines: str
    needs: frozenset[str]
    raw_expression: list[Any]
    classes: tuple[str, ...]
    values: tuple[tuple[str, str], ...]

    @property
    def expression(self) -> Expression:
        """Return the class expression, which is read when it is first asked for."""
        return _expression(self)

    @property
    def makes(self) -> frozenset[str]:
        """Return the terms that the rule may add."""
        return frozenset({*self.classes, *(prop for prop, _ in self.values)})

    @property
    def links_to(self) -> frozenset[str]:
        """Return the individuals that the rule may add links to."""
        return frozenset(individual for _, individual in self.values)

    @property
    def uses(self) -> frozenset[str]:
        """Return the classes and properties that the rule looks at."""
        return frozenset(named_classes(self.expression) | properties(self.expression))


@dataclass(frozen=True, slots=True, eq=False)
class PropertyRule:
    """What follows for the two ends of a path of properties.

    ``wider`` properties lead from its start to its end, ``inverse`` ones back; the start is in the classes of
    ``domains``, the end in those of ``ranges``. ``defines`` is the property that the rule belongs to, and the rule
    ``needs`` the properties of its path.
    """

    defines: str
    needs: frozenset[str]
    path: tuple[str, ...]
    wider: tuple[str, ...]
    inverse: tuple[str, ...]
    domains: tuple[str, ...]
    ranges: tuple[str, ...]

    @property
    def makes(self) -> frozenset[str]:
        """Return the terms that the rule may add."""
        return frozenset({*self.wider, *self.inverse, *self.domains, *self.ranges})

    @property
    def links_to(self) -> frozenset[str]:
        """Return the individuals that the rule may add links to, which are none."""
        return frozenset()

    @property
    def uses(self) -> frozenset[str]:
        """Return the properties that the rule looks at."""
        return self.needs


Rule = ClassRule | PropertyRule


@cache
def _expression(rule: ClassRule) -> Expression:
    return from_json(rule.raw_expression)


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that run together; a recursive group is repeated until nothing is added."""

    rules: tuple[Rule, ...]
    recursive: bool


def groups_to_json(groups: tuple[Group, ...]) -> list[list[Any]]:
    """Turn groups into JSON data for a release file."""
    return [[group.recursive, [_to_json(rule) for rule in group.rules]] for group in groups]


def groups_from_json(data: list[list[Any]]) -> tuple[Group, ...]:
    """Turn the JSON data of a release file into groups."""
    return tuple(Group(tuple(map(_from_json, rules)), recursive) for recursive, rules in data)


def _to_json(rule: Rule) -> list[Any]:
    if isinstance(rule, ClassRule):
        return ["class", rule.defines, sorted(rule.needs), rule.raw_expression, rule.classes, rule.values]
    return ["property", rule.defines, rule.path, rule.wider, rule.inverse, rule.domains, rule.ranges]


def _from_json(data: list[Any]) -> Rule:
    kind, defines, *rest = data
    if kind == "class":
        needs, expression, classes, values = rest
        return ClassRule(defines, frozenset(needs), expression, tuple(classes), tuple((one, to) for one, to in values))
    return PropertyRule(defines, frozenset(rest[0]), *map(tuple, rest))
