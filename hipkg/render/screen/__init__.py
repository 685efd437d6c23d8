"""A plan in, its first screen out: what someone with the patient in front of them has to read, in brief.

`arranging` composes the items; `details` tells what an action has in its row, `riders` what goes along with it,
`waiting` on which condition it stands; `alarms`, `safety` and `disputes` what is told once for several; `paring` leaves
out what is too much for a page. Its parts are those of `hipkg/render/sheet/`, in the brief `wording`.
"""

from __future__ import annotations

from hipkg.render.screen.arranging import screen
from hipkg.render.screen.paring import pared
from hipkg.render.screen.records import Item, Screen

__all__ = ["Item", "Screen", "pared", "screen"]
