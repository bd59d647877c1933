"""`python -m seedlint`."""

from __future__ import annotations

from seedlint.cli import console

console()
