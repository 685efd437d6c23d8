"""Errors that users meet: what is wrong, where, how to mend it, and the exit code that goes with it."""

from __future__ import annotations

_LONGEST = 2000


def printable(text: str) -> str:
    """Make a message safe for a terminal: without control characters, and of bounded length."""
    shown = "".join(one if one.isprintable() or one == "\n" else "?" for one in text[: _LONGEST + 1])
    return f"{shown[:_LONGEST]}…" if len(shown) > _LONGEST else shown


class HipkgError(Exception):
    """Report a problem with its place and remedy.

    Parameters: ``message`` says what is wrong; ``place`` names the file, line or node; ``remedy`` says how to mend it.
    The class carries a stable ``code``, listed in ``docs/errors.md``, and the documented ``exit_code``; ``set_aside``
    are the problems of what was set aside before this one ended the work.
    """

    code = "internal"
    exit_code = 101

    def __init__(self, message: str, *, place: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.remedy = remedy
        self.set_aside: tuple[HipkgError, ...] = ()

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        mend = f" {self.remedy}" if self.remedy else ""
        return f"{where}{self.message}{mend}"


class UsageError(HipkgError, ValueError):
    """Report an argument that cannot be used as given."""

    code = "usage"
    exit_code = 2


class UnwritableOutput(UsageError):
    """Report an output that cannot be written: the disk is full, or standard output is closed."""

    code = "unwritable-output"


class UnreadableInput(HipkgError, ValueError):
    """Report an input that cannot be read as the RDF or FHIR it should be."""

    code = "unreadable-input"
    exit_code = 2


class NoPatient(UnreadableInput):
    """Report an input that holds no patient."""

    code = "no-patient"


class InvalidPatient(HipkgError, ValueError):
    """Report a patient whose graph violates a shape, so that no plan is made."""

    code = "invalid-patient"
    exit_code = 1


class DeceasedPatient(HipkgError, ValueError):
    """Report a patient who has died, for whom no plan is made."""

    code = "deceased-patient"
    exit_code = 1


class SetAside(UserWarning):
    """Warn in Python that a part of a source is set aside while the rest is read; a command then exits with 1.

    Parameters: ``problem`` says what, where, and how to mend it.
    """

    def __init__(self, problem: HipkgError) -> None:
        super().__init__(str(problem))
        self.problem = problem


class InconsistentData(HipkgError):
    """Report a patient or an ontology that no world can satisfy."""

    code = "inconsistent"
    exit_code = 3


class EngineUnavailable(HipkgError):
    """Report an engine that cannot run here, or did not answer in time."""

    code = "engine-unavailable"
    exit_code = 3


class StaleRelease(HipkgError):
    """Report a classified release that does not belong to the ontology beside it."""

    code = "stale-release"
    exit_code = 3


class OntologyError(HipkgError):
    """Report an ontology that the project cannot use."""

    code = "ontology"
    exit_code = 3
