"""What a rule may ask for to take a report away; how it is written into the files is decided in `plan`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seedlint.flow.state import Spot


@dataclass(frozen=True, slots=True)
class Seed:
    """Seed these streams before the report's moment."""

    streams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeedChild:
    """Seed these streams where the child process that reaches the moment begins."""

    streams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeedEarlier:
    """Run the seed at `seed` before the report's moment."""

    seed: Spot


@dataclass(frozen=True, slots=True)
class FixDefault:
    """Give an option a fixed default; where none decides, seed the streams before the draws that it leaves out."""

    option: str
    streams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FixValue:
    """Give the call at the moment a seed that does not change; `streams` are those it seeds."""

    callee: str
    streams: tuple[str, ...] = ()
    option: str = ""


@dataclass(frozen=True, slots=True)
class PassSeed:
    """Give the call at the moment a seed; `parameter` names the argument, else the tables do."""

    callee: str
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class SetFlags:
    """Set flags to these values, beside the seed that is the report's moment, or wherever they are set."""

    flags: Mapping[str, str]
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class SetVariable:
    """Give the environment variable of a flag a value before the libraries are imported."""

    flag: str
    value: str


@dataclass(frozen=True, slots=True)
class CallBeside:
    """Call `callee` behind the run's seed of some streams; `seed` among the arguments is that seed's number.

    `reason` says why the call is not safe; without one it is.
    """

    callee: str
    arguments: str
    streams: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FollowLoader:
    """Give the seed at the moment, which runs in a worker, the number that its loader gave the worker."""

    callee: str
    source: str
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Advise:
    """Only say what to do, and why it is left to the reader."""

    message: str
    reason: str


Remedy = (
    Seed
    | SeedChild
    | SeedEarlier
    | FixDefault
    | FixValue
    | PassSeed
    | SetFlags
    | SetVariable
    | CallBeside
    | FollowLoader
    | Advise
)
