"""What a block may read before it assigns it, by which a loop's second pass is spared."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from fixture_programs import Case, copy_program, load_cases

from seedlint import api
from seedlint.flow import exposure
from seedlint.index.lower import Lowering


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = y\nz = x", {"y"}),
        ("x += 1", {"x"}),
        ("if a:\n    x = 1\nprint(x)", {"a", "x", "print"}),
        ("if a:\n    x = 1\nelse:\n    x = 2\nuse(x)", {"a", "use"}),
        ("if a:\n    raise b\nelse:\n    x = 2\nx", {"a", "b"}),
        ("for i in items:\n    last = i\nlast", {"items", "last"}),
        ("while go:\n    go = step()", {"go", "step"}),
        ("try:\n    x = f()\nexcept E as e:\n    x = e\nx", {"f", "E"}),
        ("try:\n    x = f()\nexcept E:\n    pass\nx", {"f", "E", "x"}),
        ("with open(p) as f:\n    f.read()", {"open", "p"}),
        ("[i * n for i in items if i]", {"n", "items"}),
        ("a, (b, *c) = f()\na, b, c", {"f"}),
        ("x.y = 1", {"x"}),
        ("x[i] = 1", {"x", "i"}),
        ("x = 1\nf = lambda: x", {"x"}),
        ("x = 1\ndef f():\n    return x", {"x"}),
        ("if (x := f()):\n    x", {"f", "x"}),
        ("import a.b\nfrom c import d as e\na, e", set()),
        ("match v:\n    case [p]:\n        p\n    case _:\n        q = 1\nq", {"v", "q"}),
    ],
)
def test_what_is_assigned_first_on_every_way_is_not_exposed(text: str, names: set[str]) -> None:
    assert exposure.exposed(Lowering().block(ast.parse(text).body)) == frozenset(names)


def test_what_reads_variables_by_text_may_read_any() -> None:
    assert exposure.exposed(Lowering().block(ast.parse("print(eval(text))").body)) is None


def test_functions_capture_what_they_mention() -> None:
    text = "a = b\ndef f(x):\n    return x + c\nfor d in e:\n    g = lambda: h\nclass C:\n    i = j\n"
    assert exposure.captured(Lowering().block(ast.parse(text).body)) == {"x", "c", "h", "i", "j"}


@pytest.mark.parametrize("case", load_cases()[::9], ids=lambda case: case.name)
def test_a_spared_pass_would_have_found_nothing_new(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / case.name
    copy_program(case, folder)
    monkeypatch.chdir(folder)
    spared = api.check([Path()]).findings
    monkeypatch.setattr(exposure, "alike", lambda *given: False)
    assert api.check([Path()]).findings == spared
