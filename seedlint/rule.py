"""The words that rules, fixes, verdicts and reports share; a leaf module."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import libcst as cst

    from seedlint.fixes.remedy import Remedy
    from seedlint.flow.timeline import Moment, Timeline
    from seedlint.knowledge.schema import CallRow


class Severity(str, Enum):
    """How sure it is that two ordinary runs differ."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Applicability(str, Enum):
    """What applying a fix may cost: nothing, a reproducible number, or it is only shown."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


class Outcome(str, Enum):
    """What two runs showed."""

    DIVERGED = "diverged"
    IDENTICAL = "identical"
    NOT_REACHED = "not reached"
    COULD_NOT_RUN = "could not run"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A span of source: lines and columns are 1-based, columns count characters.

    `path` is relative to the working directory with `/` separators. In a notebook `cell` is the
    0-based index into its `cells` and lines count within the cell.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of the path from the entry to the finding."""

    path: str
    line: int
    text: str
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text between two positions, each a 1-based (line, column in characters)."""

    path: str
    start: tuple[int, int]
    end: tuple[int, int]
    content: str
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that makes the run repeatable; `reason` says why it is not safe."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What running the flagged code showed, with the reason or the first difference."""

    outcome: Outcome
    detail: str = ""
    first: str = ""
    second: str = ""
    device: str = "cpu"
    runs: int = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about one place; `reached` is False where no entry runs it."""

    place: Place
    code: str
    name: str
    severity: Severity
    message: str
    help: str
    stream: str | None
    entry: str
    entries: int
    group: str
    trace: tuple[TraceStep, ...]
    callee: str = ""
    reached: bool = True
    fix: Fix | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a rule yields: a moment, what to say about it, and the cause that groups it."""

    moment: Moment
    message: str
    help: str
    severity: Severity
    stream: str | None = None
    cause: str = ""


class Rule:
    """One thing to look for on a timeline; subclasses live beside a `.md` of the same name."""

    code: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    default: ClassVar[bool] = True
    of_seeded: ClassVar[bool] = False
    """Speaks only of programs that seed, so that adding a seed may bring its findings to light."""

    @classmethod
    def asks(cls, row: CallRow, unseeded: frozenset[str]) -> bool:
        """Whether functions that no entry reaches are to be run for what a call of this row does.

        The streams `unseeded` are the numerical ones that nothing in the project seeds.
        """
        return False

    def check(self, timeline: Timeline) -> Iterable[Report]:
        """Yield what this rule has to say about one entry's timeline."""
        raise NotImplementedError

    def remedies(self, report: Report, timeline: Timeline) -> Iterable[Remedy]:
        """Yield what a fix has to do about a report of this rule; nothing if it cannot be fixed."""
        return ()

    def examine(self, report: Report, node: cst.CSTNode) -> Report | None:
        """Look at the libcst node of a report's moment; return it, changed or not, or None to drop it."""
        return report
