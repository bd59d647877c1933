"""What README shows is what the command prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command import seedlint

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDER = re.search(r"&& cd (\S+) && seedlint$", TEXT, re.MULTILINE)
SHOWN = re.findall(r"```console\n\$ (?:.*&& )?seedlint *([^\n]*)\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize(("options", "output"), SHOWN, ids=[options or "nothing" for options, _ in SHOWN])
def test_output_is_copied_from_a_run(options: str, output: str) -> None:
    assert FOLDER is not None
    assert seedlint(ROOT / FOLDER[1], *options.split()).out == output
