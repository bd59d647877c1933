"""`%load_ext seedlint` in a real kernel."""

from __future__ import annotations

# mypy: disallow-untyped-calls=False
import html
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.slow

FAKE = """
def rand(*size): return size
def manual_seed(seed): return seed
"""
"""What the kernel imports in place of the library, from outside the project: only its names are looked at."""


class Kernel:
    """Runs cells one by one and gives what seedlint displays under each."""

    def __init__(self, client: NotebookClient) -> None:
        self.client = client
        self.number = 0

    def run(self, text: str) -> tuple[str, str]:
        """(plain text, HTML) that a cell displays; both empty where nothing is found."""
        cell = new_code_cell(text)
        self.client.nb.cells.append(cell)
        self.client.execute_cell(cell, self.number)
        self.number += 1
        shown = [out["data"] for out in cell["outputs"] if out["output_type"] == "display_data"]
        assert len(shown) <= 1
        return (shown[0]["text/plain"], shown[0]["text/html"]) if shown else ("", "")

    def plain(self, text: str) -> str:
        """The plain text alone."""
        return self.run(text)[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that the kernel runs in."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def kernel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """A kernel in which the extension is loaded."""
    installed = folder.parent / "installed"
    installed.mkdir()
    (installed / "torch.py").write_text(FAKE)
    monkeypatch.setenv("PYTHONPATH", str(installed))
    monkeypatch.setenv("SEEDLINT_CACHE_DIR", str(folder.parent / "cache"))
    client = NotebookClient(
        new_notebook(), kernel_name="python3", resources={"metadata": {"path": str(folder)}}, allow_errors=True
    )
    with client.setup_kernel():
        kernel = Kernel(client)
        assert kernel.run("%load_ext seedlint") == ("", "")
        yield kernel


def test_a_finding_is_shown_under_the_cell_that_was_run(kernel: Kernel) -> None:
    assert kernel.plain("import torch") == ""
    plain, marked = kernel.run("y = 1\nx = torch.rand(3)")
    assert plain.startswith("In [3], line 2: SDL101 unseeded-draw\n")
    assert "    x = torch.rand(3)\n        ^^^^^^^^^^^^^\n" in plain
    assert html.unescape(re.sub("<[^>]+>", "", marked)) == plain


def test_what_a_seed_reaches_is_silent(kernel: Kernel) -> None:
    assert kernel.plain("import torch\ntorch.manual_seed(0)") == ""
    assert kernel.plain("x = torch.rand(3)") == ""


def test_a_finding_is_shown_once(kernel: Kernel) -> None:
    assert "SDL101" in kernel.plain("import torch\nx = torch.rand(3)")
    assert kernel.plain("y = 1") == ""


def test_a_cell_that_is_run_again_is_another_cell(kernel: Kernel) -> None:
    kernel.run("import torch")
    assert kernel.plain("x = torch.rand(3)").startswith("In [3], line 1: SDL101")
    assert kernel.plain("torch.manual_seed(0)").startswith("In [3], line 1: SDL102")
    assert kernel.plain("x = torch.rand(3)") == ""


def test_a_seed_that_comes_late_is_told_under_its_own_cell(kernel: Kernel) -> None:
    kernel.run("import torch\nx = torch.rand(3)")
    plain = kernel.plain("torch.manual_seed(0)")
    assert plain.startswith("In [2], line 2: SDL102 late-seed")
    assert "before the seed at In [3], line 1 in this session" in plain


def test_a_function_is_judged_when_it_is_called(kernel: Kernel) -> None:
    assert kernel.plain("import torch\ndef draw():\n    return torch.rand(3)") == ""
    assert "SDL101" in kernel.plain("draw()")


def test_modules_of_the_project_are_followed(kernel: Kernel, folder: Path) -> None:
    (folder / "noise.py").write_text("import torch\n\n\ndef noise():\n    return torch.rand(3)\n")
    assert kernel.plain("from noise import noise") == ""
    plain = kernel.plain("x = noise()")
    assert plain.startswith("noise.py from In [3], line 5: SDL101")
    assert "path: In [3], line 1 noise -> torch.rand" in plain


def test_scripts_that_are_run_are_followed(kernel: Kernel, folder: Path) -> None:
    (folder / "seeding.py").write_text("import torch\ntorch.manual_seed(0)\n")
    assert kernel.plain("%run seeding.py") == ""
    assert kernel.plain("x = torch.rand(3)") == ""


def test_cells_that_cannot_be_parsed_are_left_out(kernel: Kernel) -> None:
    assert kernel.plain("import torch\nx = (") == ""
    assert kernel.plain("import torch\nx = torch.rand(3)").startswith("In [3], line 2: SDL101")


def test_it_can_be_unloaded(kernel: Kernel) -> None:
    kernel.run("%unload_ext seedlint")
    assert kernel.plain("import torch\nx = torch.rand(3)") == ""


def test_the_notebook_is_still_valid(kernel: Kernel) -> None:
    kernel.run("import torch\nx = torch.rand(3)")
    nbformat.validate(kernel.client.nb)
