"""The rules of the native engine as records, shared by the compilers, the release and the engine."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hipkg.owl.expression import Expression, named_classes, properties


@dataclass(frozen=True, slots=True, eq=False)
class ClassRule:
    """What the members of a class expression are, and which individuals they are linked to.

    ``defines`` is the class that the rule belongs to; without each of the terms it ``needs`` in a graph it cannot fire.
    """

    defines: str
    needs: frozenset[str]
    expression: Expression
    classes: tuple[str, ...]
    values: tuple[tuple[str, str], ...]

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


class Group(NamedTuple):
    """Rules that run together; a recursive group is repeated until nothing is added."""

    rules: tuple[Rule, ...]
    recursive: bool


ANYTHING = ""
"""What a rule waits for that needs no term: it is looked at in every graph."""


def uses(groups: Iterable[Group]) -> Mapping[str, int]:
    """Count the rules that need a term."""
    return Counter(term for group in groups for rule in group.rules for term in rule.needs)


def watchers(groups: Iterable[Group], used: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """Map a term to the numbers of the groups with a rule that needs it and no rarer one.

    What a group needs is made by those before it; it is looked at when such a term occurs. ``used`` counts the rules
    that need a term.
    """
    found: dict[str, dict[int, None]] = {}
    for number, group in enumerate(groups):
        for rule in group.rules:
            rarest = min(rule.needs, key=lambda term: (used[term], term), default=ANYTHING)
            found.setdefault(rarest, {})[number] = None
    return {term: tuple(numbers) for term, numbers in found.items()}
