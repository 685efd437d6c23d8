"""Find how much of a drug one piece or one millilitre of a product holds: its strength.

It stands in the Medication that a record refers to, or in the name of the product: as the record writes it, and as the
mapping set has it from the code system. All that tell it must agree.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.numbers import plain
from hipkg.knowledge.memo import kept
from hipkg.knowledge.words import pattern, value_of
from hipkg.reading.fhir.elements import flag, part, parts, text
from hipkg.reading.fhir.quantities import UCUM, UnusableValue, amount, code_of, pieces, positive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.codes import Codes
    from hipkg.reading.fhir.elements import Raw

_LONGEST = 10_000
"""How many characters of a name are looked through."""
_BETWEEN = " / "
"""What stands between the drugs in the name of a product of several, in RxNorm."""
VOLUME = "mL"
PIECE = ""


class Strength(NamedTuple):
    """An amount of a drug in one piece of a product, or in one millilitre where ``per`` is `VOLUME`."""

    amount: Decimal
    per: str


class Product(NamedTuple):
    """What a record says of a product: the concepts of the drug, and the Medication that it refers to, if it does.

    ``drug`` is the one of several in it that is asked for, empty for a product of one drug.
    """

    concepts: tuple[Raw, ...]
    medication: Raw
    drug: str = ""

    def strength(self, codes: Codes, unit: str) -> Strength:
        """Find the strength in a unit of UCUM.

        Raises `UnusableValue` where none is recorded, where several are, and for a product of several drugs.
        """
        found = dict.fromkeys((*self._of_ingredients(codes, unit), *self._of_names(codes, unit)))
        if not found:
            raise UnusableValue("no strength of the product is recorded")
        if len(found) > 1:
            told = " and ".join(sorted(f"{plain(one.amount)} {unit}" for one in found))
            raise UnusableValue(f"several strengths are recorded ({told})")
        return next(iter(found))

    def _of_ingredients(self, codes: Codes, unit: str) -> Iterator[Strength]:
        ingredients = active_ingredients(self.medication)
        if self.drug:
            items = [(one, codes.meaning([part(one, "itemCodeableConcept")], "intervention")) for one in ingredients]
            ingredients = [one for one, meant in items if meant.terms == (self.drug,)]
        if len(ingredients) > 1:
            raise UnusableValue("the product has several ingredients")
        for one in ingredients:
            ratio, whole = part(one, "strength") or part(one, "strengthRatio"), part(one, "strengthQuantity")
            if ratio:
                yield _of_ratio(ratio, unit, codes.knowledge)
            elif whole:
                yield Strength(positive(whole, unit), PIECE)

    def _of_names(self, codes: Codes, unit: str) -> Iterator[Strength]:
        for name in self._names(codes):
            if found := _in_name(self._own(name, codes) if self.drug else name, unit, codes.knowledge):
                yield found

    def _own(self, name: str, codes: Codes) -> str:
        """Cut the part out of a name of several drugs that begins with the name of the one."""
        wanted = codes.knowledge.label(self.drug).casefold()
        several = name.split(_BETWEEN) if _BETWEEN in name else ()
        return next((one for one in several if one.casefold().startswith(wanted)), "")

    def _names(self, codes: Codes) -> Iterable[str]:
        for concept in (*self.concepts, part(self.medication, "code")):
            yield text(concept, "text")
            for coding in parts(concept, "coding"):
                yield text(coding, "display")
                yield from (one.display for one in codes.of_coding(coding))


def active_ingredients(medication: Raw) -> list[Raw]:
    """List the ingredients of a Medication but those of which it says that they are not active."""
    return [one for one in parts(medication, "ingredient") if flag(one, "isActive") is not False]


def _of_ratio(ratio: Raw, unit: str, knowledge: Knowledge) -> Strength:
    held, per = positive(part(ratio, "numerator"), unit), part(ratio, "denominator")
    count = pieces(per, knowledge) if per else Decimal(1)
    if count:
        return Strength(held / count, PIECE)
    return Strength(held / positive(per, VOLUME), VOLUME)


@kept
def _strengths(knowledge: Knowledge) -> re.Pattern[str]:
    """Write a pattern of a strength in the name of a product."""
    return re.compile(
        rf"(?<![\w.,])(?P<value>[0-9]+(?:,[0-9]{{3}})*(?:\.[0-9]+)?) ?(?P<unit>{pattern(hip.MassWord, knowledge)})\b"
        r"(?:/(?P<count>[0-9]+(?:\.[0-9]+)?)? ?(?P<per>[a-z]+)\b)?",
        re.IGNORECASE,
    )


def _in_name(name: str, unit: str, knowledge: Knowledge) -> Strength | None:
    """Read the strength in a name of a product; one that names several is of several drugs or packs."""
    if len(name) > _LONGEST:
        raise UnusableValue("the name of the product is too long to be looked through")
    found = {_written(one, unit, knowledge) for one in _strengths(knowledge).finditer(name)}
    if len(found) > 1:
        raise UnusableValue("the name of the product gives several strengths")
    return next(iter(found), None)


def _written(match: re.Match[str], unit: str, knowledge: Knowledge) -> Strength | None:
    mass = value_of(hip.MassWord, match["unit"], knowledge)
    quantity = {"value": float(match["value"].replace(",", "")), "system": UCUM}
    held = amount({**quantity, "code": mass}, unit)
    per, count = (match["per"] or "").lower(), Decimal(match["count"] or 1)
    if per == "ml":
        return Strength(held / count, VOLUME)
    if per and not pieces({"value": 1, "unit": per}, knowledge):
        raise UnusableValue(f"the strength of the product is one for each {per}")
    return Strength(held / count, PIECE)


def taken(quantity: Raw, product: Product, codes: Codes, unit: str) -> Decimal:
    """Read how much of a drug a quantity of a product is, in a unit of UCUM.

    Raises `UnusableValue` where that cannot be known.
    """
    count = pieces(quantity, codes.knowledge)
    if count is None and not _is_volume(quantity):
        if product.drug:
            raise UnusableValue("it is that of a product of several drugs")
        return positive(quantity, unit)
    strength = product.strength(codes, unit)
    value, per = (count, PIECE) if count is not None else (positive(quantity, VOLUME), VOLUME)
    if strength.per != per:
        raise UnusableValue("the strength of the product is for another unit than its dose")
    if value <= 0:
        raise UnusableValue("it is not above 0")
    return value * strength.amount


def _is_volume(quantity: Raw) -> bool:
    try:
        return code_of(quantity).endswith("L")
    except UnusableValue:
        return False
