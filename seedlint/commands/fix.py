"""`--fix` and `--diff`: changes files, or shows how they would change."""

from __future__ import annotations

from seedlint.api import Checked
from seedlint.cli import Refused
from seedlint.commands.options import Options
from seedlint.commands.output import Output


def run(options: Options, checked: Checked, output: Output) -> int:
    """Apply or show the fixes of what was found and report what is left; the exit status."""
    raise Refused("--fix and --diff are not part of this build")
