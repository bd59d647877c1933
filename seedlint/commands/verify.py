"""`--verify`: runs the code of each finding twice and adds what that showed."""

from __future__ import annotations

from seedlint.api import Checked
from seedlint.cli import Refused
from seedlint.commands.options import Options


def run(options: Options, checked: Checked) -> None:
    """Give each finding its verdict, in place. Raises `Refused` for what cannot be run at all."""
    raise Refused("--verify is not part of this build")
