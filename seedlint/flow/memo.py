"""What was done before in the same way, and need not be done again."""

from __future__ import annotations

from typing import Any

from seedlint.flow.activation import Activation
from seedlint.flow.state import State


class Memo:
    """Activations by what they were given, the streams that they met, and the mode as far as they asked for it."""

    def __init__(self) -> None:
        self._quiet: dict[Any, list[Activation]] = {}
        self._others: dict[Any, list[Activation]] = {}

    def find(self, given: Any, state: State, mode: tuple[Any, ...] = ()) -> Activation | None:
        """What the same body did with the same, from these streams; what is quiet does so from any."""
        for done in self._quiet.get(given, ()):
            if done.fits(mode):
                return done
        for done in self._others.get((given, state), ()):
            if done.fits(mode):
                return done
        return None

    def keep(self, given: Any, state: State, done: Activation) -> None:
        """Keep what a body did from these streams."""
        if done.quiet:
            self._quiet.setdefault(given, []).append(done)
        else:
            self._others.setdefault((given, state), []).append(done)
