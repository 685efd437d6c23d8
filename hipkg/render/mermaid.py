"""Write plans as a Mermaid flowchart: the actions by phase, and what each waits for.

Arrows do not tell apart what is needed together and what is needed instead; text and Markdown do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.knowledge.frame.claims import Status
from hipkg.render.words import capital, clean, describe_gap, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Action, Plan

_CLASSES = {
    Status.INDICATED: "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    Status.CAUTION: "fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    Status.CONDITIONAL: "fill:#fff8c5,stroke:#9a6700,color:#1f2328,stroke-dasharray:4 3",
    Status.CONFLICT: "fill:#fbefff,stroke:#8250df,color:#1f2328",
    Status.CONTRAINDICATED: "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
    Status.AVOID: "fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:4 3",
    Status.SATISFIED: "fill:#ddf4ff,stroke:#0969da,color:#1f2328",
}
_NOTE = "fill:#f6f8fa,stroke:#59636e,color:#1f2328"
_ESCAPED = str.maketrans({char: f"#{ord(char)};" for char in '#&;"`<>[]{}|\\'})


def plans_to_mermaid(plans: Sequence[Plan], _knowledge: Knowledge) -> str:
    """Write plans as one flowchart; several patients become a subgraph each."""
    lines = ["flowchart LR"]
    for index, plan in enumerate(plans, start=1):
        drawn = list(_plan(plan, f"p{index}"))
        lines += drawn if len(plans) == 1 else _boxed(f"p{index}", _patient(plan), drawn)
    lines += [f"  classDef {status} {style}" for status, style in _CLASSES.items()]
    lines.append(f"  classDef note {_NOTE}")
    return "\n".join(lines) + "\n"


def _patient(plan: Plan) -> str:
    return f"patient {clean(local_name(plan.patient))}, as of {plan.as_of.isoformat()}"


def _boxed(name: str, title: str, lines: Iterable[str]) -> list[str]:
    return [f'  subgraph {name}["{_escaped(title)}"]', *(f"  {one}" for one in lines), "  end"]


def _escaped(text: str) -> str:
    """Write a text so that it cannot end the label that it stands in."""
    return clean(text).translate(_ESCAPED)


def _plan(plan: Plan, prefix: str) -> Iterable[str]:
    names = {(one.intervention, one.place): f"{prefix}a{index}" for index, one in enumerate(plan.actions, start=1)}
    for phase in sorted({one.phase for one in plan.actions}):
        keyed = [((one.intervention, one.place), one) for one in plan.actions if one.phase == phase]
        nodes = [_node(names[key], one) for key, one in keyed]
        yield from _boxed(f"{prefix}phase{phase}", f"Phase {phase}", nodes)
    yield from _waits(plan, prefix, names)


def _node(name: str, action: Action) -> str:
    parts = [capital(action.label), action.site, action.status, " ".join(action.shown)]
    return f'  {name}["{"<br/>".join(_escaped(one) for one in parts if one)}"]:::{action.status}'


def _waits(plan: Plan, prefix: str, names: dict[tuple[str, str], str]) -> Iterable[str]:
    """Draw each gap once for each place, with an arrow to every action that waits for it."""
    notes: dict[tuple[str, str], str] = {}
    for action in plan.actions:
        for text in dict.fromkeys(describe_gap(one) for one in action.unmet):
            key = (text, action.place)
            if key not in notes:
                notes[key] = f"{prefix}n{len(notes) + 1}"
                yield f'  {notes[key]}(["{_escaped(text)}"]):::note'
            arrow = "-->" if action.status == Status.CONDITIONAL else "-.->|lifts|"
            yield f"  {notes[key]} {arrow} {names[action.intervention, action.place]}"
