"""The rules of the native engine as records, shared by the compilers, the release and the engine."""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that run together; a recursive group is repeated until nothing is added."""

    rules: tuple[Rule, ...]
    recursive: bool
