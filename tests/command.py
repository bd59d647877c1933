"""Runs the real command in a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNSEEDED = "import torch\n\nweights = torch.rand(3)\n"
SEEDED = "import torch\n\ntorch.manual_seed(0)\nweights = torch.rand(3)\n"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    def codes(self) -> list[tuple[str, int, str]]:
        """(path, line, code) of the findings of a JSON report."""
        return [(row["path"], row["line"], row["code"]) for row in self.json()]


def seedlint(
    folder: Path, *arguments: str, stdin: str | bytes = b"", environment: Mapping[str, str] | None = None
) -> Ran:
    """Run `python -m seedlint` in a folder, without a cache."""
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    done = subprocess.run(
        [sys.executable, "-m", "seedlint", "--no-cache", *arguments],
        cwd=folder,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env={**variables, "PYTHONIOENCODING": "utf-8", **(environment or {})},
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files into a folder; indentation that all lines share is removed."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
