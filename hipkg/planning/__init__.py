"""A derivation in, the plan as plain records out: actions in order, gaps, bounds, clashes, questions."""
