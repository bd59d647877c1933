"""The mode that a body runs in: what is entered, in which kind of process, and whether modules train or evaluate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seedlint.flow.values import ExternalObject, Object, Value

OWN = "self."
"""How a flag's name begins that belongs to an object and to all that it holds."""
TRAINING = f"{OWN}training"
"""The flag under which tables record whether modules train or evaluate."""
IN_WORKER = "in_worker"
"""The flag that is set while a loader's worker runs."""
Mode = tuple[Any, ...]
ENTERED, PROCESS, TRAINS = range(3)
"""The parts of a mode."""
_NOTHING_SET = (None,)


def own(flag: str, number: int) -> str:
    """The name of a flag that each object has for itself."""
    return f"{flag} {number}"


def mode_of(during: frozenset[str], flags: Mapping[str, Value], given: Iterable[Value]) -> Mode:
    """The mode of a body that is given these values, where `during` tags what is entered.

    Of training it holds what was last set for any module, and what was set for those that the body is given.
    """
    trains: Mode = _NOTHING_SET
    if TRAINING in flags:
        modules = [value.id for value in given if isinstance(value, (Object, ExternalObject))]
        trains = (flags[TRAINING], *[flags.get(own(TRAINING, number)) for number in modules])
    return during, flags.get(IN_WORKER), trains


def part_of(flag: str) -> int | None:
    """The part of a mode that a flag belongs to, if any."""
    if flag.startswith(TRAINING):
        return TRAINS
    return PROCESS if flag == IN_WORKER else None
