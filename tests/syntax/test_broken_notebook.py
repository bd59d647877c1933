"""A notebook with a cell that cannot be parsed can still be changed in its other cells."""

from __future__ import annotations

import json
from pathlib import Path

from seedlint.api import findings


def test_findings_of_the_other_cells_are_reported_and_have_fixes(tmp_path: Path) -> None:
    cells = ["import numpy as np\nnp.random.seed(0)", "answer = # your code", "import torch\nprint(torch.rand(3))"]
    document = {
        "cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (tmp_path / "lesson.ipynb").write_text(json.dumps(document))
    (finding,) = findings([tmp_path])
    assert (finding.code, finding.place.cell, finding.place.line) == ("SDL101", 2, 2)
    assert finding.fix is not None
