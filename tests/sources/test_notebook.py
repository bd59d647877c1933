"""Notebooks of every format, as their own library writes them and as people break them."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from command import seedlint
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from seedlint import api
from seedlint.rule import Finding
from seedlint.sources import notebook

DRAW = "import torch\n\nx = torch.rand(3)"


def write(folder: Path, name: str, *cells: str, **metadata: Any) -> Path:
    """Write a notebook of code cells, validated by the format's own library."""
    made = new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata=metadata)
    nbformat.validate(made)
    path = folder / name
    nbformat.write(made, path)
    return path


def places(path: Path) -> list[tuple[int | None, int, str]]:
    """(cell, line, code) of what is found in a file."""
    return [(f.place.cell, f.place.line, f.code) for f in api.check([path]).findings]


def only(path: Path) -> Finding:
    """The one finding in a file."""
    (finding,) = api.check([path]).findings
    return finding


def test_a_finding_names_the_cell_and_its_line(tmp_path: Path) -> None:
    path = tmp_path / "train.ipynb"
    cells = [new_markdown_cell("# Train"), new_code_cell("import torch"), new_raw_cell("raw"), new_code_cell(DRAW)]
    nbformat.write(new_notebook(cells=cells), path)
    assert places(path) == [(3, 3, "SDL101")]


def test_cells_run_in_their_order(tmp_path: Path) -> None:
    path = write(tmp_path, "train.ipynb", DRAW, "torch.manual_seed(0)", "y = torch.rand(3)")
    finding = only(path)
    assert (finding.place.cell, finding.code) == (0, "SDL102")
    assert f"{path.name}:cell 1:1" in finding.message


def test_a_seed_in_an_earlier_cell_reaches(tmp_path: Path) -> None:
    assert places(write(tmp_path, "train.ipynb", "import torch\ntorch.manual_seed(0)", DRAW)) == []


def test_a_cell_that_cannot_be_parsed_is_reported_and_the_others_are_analysed(tmp_path: Path) -> None:
    path = write(tmp_path, "train.ipynb", "x = 1\ndef broken(:", "%time\n" + DRAW)
    checked = api.check([path])
    assert [(p.cell, p.line) for p in checked.problems] == [(0, 2)]
    assert "train.ipynb:cell 0:2:" in str(checked.problems[0])
    assert [(f.place.cell, f.place.line) for f in checked.findings] == [(1, 4)]


def test_an_open_bracket_does_not_swallow_the_next_cell(tmp_path: Path) -> None:
    path = write(tmp_path, "train.ipynb", "x = (1,", DRAW)
    checked = api.check([path])
    assert [p.cell for p in checked.problems] == [0]
    assert [f.place.cell for f in checked.findings] == [1]


def test_await_on_the_top_level(tmp_path: Path) -> None:
    assert places(write(tmp_path, "train.ipynb", "import torch\nx = await load(torch.rand(3))")) == [(0, 2, "SDL101")]


def test_a_script_that_is_run_seeds(tmp_path: Path) -> None:
    (tmp_path / "seeding.py").write_text("import torch\ntorch.manual_seed(0)\n")
    assert places(write(tmp_path, "train.ipynb", "%run seeding.py", DRAW)) == []


def test_a_script_that_is_run_hands_its_functions_over(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "seeding.py").write_text("import torch\n\n\ndef fix():\n    torch.manual_seed(0)\n")
    assert places(write(tmp_path, "train.ipynb", "%run tools/seeding", "fix()", DRAW)) == []


def test_the_main_block_of_a_script_runs_unless_told_not_to(tmp_path: Path) -> None:
    text = "import torch\nif __name__ == '__main__':\n    torch.manual_seed(0)\n"
    (tmp_path / "seeding.py").write_text(text)
    assert places(write(tmp_path, "main.ipynb", "%run seeding.py", DRAW)) == []
    assert places(write(tmp_path, "imported.ipynb", "%run -n seeding.py", DRAW)) == [(1, 3, "SDL101")]


def test_a_script_is_run_each_time(tmp_path: Path) -> None:
    (tmp_path / "seeding.py").write_text("import torch\ntorch.manual_seed(0)\n")
    cells = ["import torch\n%run seeding.py", "torch.seed()", "%run seeding.py", DRAW]
    assert [code for _, _, code in places(write(tmp_path, "train.ipynb", *cells)) if code == "SDL101"] == []


def test_scripts_that_run_each_other_end(tmp_path: Path) -> None:
    write(tmp_path, "a.ipynb", "%run b.ipynb", DRAW)
    write(tmp_path, "b.ipynb", "%run a.ipynb")
    assert places(tmp_path / "a.ipynb") == [(1, 3, "SDL101")]


def test_a_notebook_beside_a_module_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("")
    assert places(write(tmp_path, "train.ipynb", DRAW)) == [(0, 3, "SDL101")]


def test_format_3(tmp_path: Path) -> None:
    path = tmp_path / "old.ipynb"
    made = new_notebook(cells=[new_markdown_cell("# Old"), new_code_cell(DRAW)])
    path.write_text(nbformat.writes(nbformat.convert(made, 3), version=3))
    assert "worksheets" in json.loads(path.read_text())
    assert places(path) == [(1, 3, "SDL101")]


def test_a_source_may_be_one_text_or_lines(tmp_path: Path) -> None:
    path = tmp_path / "train.ipynb"
    for source in (DRAW, DRAW.splitlines(keepends=True)):
        path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source}], "nbformat": 4}))
        assert places(path) == [(0, 3, "SDL101")]


@pytest.mark.parametrize("metadata", [{"language_info": {"name": "R"}}, {"kernelspec": {"language": "julia"}}])
def test_another_language_holds_no_python(metadata: dict[str, Any]) -> None:
    document = {"cells": [{"cell_type": "code", "source": "x <- runif(3)"}], "metadata": metadata}
    assert notebook.code(json.dumps(document).encode()).cells == ()


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"cells": 3}', b"\xff\xfe", b'{"worksheets": [3]}', b"not json"])
def test_what_is_no_notebook_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(ValueError):
        notebook.code(data)


def test_a_notebook_with_odd_cells_is_read(tmp_path: Path) -> None:
    cells = [3, None, {}, {"cell_type": "code"}, {"cell_type": "code", "source": DRAW}]
    path = tmp_path / "odd.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": [], "nbformat": 4}))
    assert places(path) == [(4, 3, "SDL101")]


def test_a_script_in_cells(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text("# %% [markdown]\n# # Train\n\n# %%\n%matplotlib inline\nimport torch\n\n# %%\nx = torch.rand(3)\n")
    assert places(path) == [(None, 9, "SDL101")]


def test_reports_show_what_was_written(tmp_path: Path) -> None:
    from seedlint.report import text

    checked = api.check([write(tmp_path, "train.ipynb", "import torch\n%time x = torch.rand(3)")])
    lines = list(text.render(checked.findings, checked.sources))
    assert any(line.endswith("| %time x = torch.rand(3)") for line in lines)


def test_ignores_are_added_to_notebooks_and_their_outputs_kept(tmp_path: Path) -> None:
    cells = [new_code_cell("import torch\n%time x = torch.rand(3)"), new_code_cell("torch.rand(\n    3,\n)")]
    cells[1]["outputs"] = [new_output("stream", text="tensor\n")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "train.ipynb")
    before = nbformat.read(tmp_path / "train.ipynb", 4)
    assert seedlint(tmp_path, "--add-ignores", "known").out == "Added 2 comments in 1 file.\n"
    after = nbformat.read(tmp_path / "train.ipynb", 4)
    assert [cell["source"] for cell in after["cells"]] == [
        "import torch\n%time x = torch.rand(3)  # seedlint: ignore[SDL101] known",
        "torch.rand(\n    3,\n)  # seedlint: ignore[SDL101] known",
    ]
    for cell, old in zip(after["cells"], before["cells"], strict=True):
        cell["source"] = old["source"]
    assert after == before
    assert seedlint(tmp_path).status == 0
