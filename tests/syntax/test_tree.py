"""The calls of the two trees are the same calls, one by one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from seedlint.sources.read import decode
from seedlint.sources.source import Source
from seedlint.syntax.page import Page
from seedlint.syntax.tree import agree, calls_of

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("seedlint", "rules", "tests", "fixtures/programs")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)


def page_of(text: str) -> Page:
    source = decode(text.encode(), Path("a.py"), Path(), "a.py")
    assert isinstance(source, Source)
    return Page(source)


def check(page: Page) -> None:
    calls = [node for node in ast.walk(page.tree) if isinstance(node, ast.Call)]
    nodes = list(calls_of(page.trees.module))
    assert len(nodes) == len(calls)
    assert len(page.trees.pairs) == len(calls)
    assert all(agree(call, node) for call, node in page.trees.pairs.values())


@pytest.mark.parametrize("part", range(16))
def test_every_call_of_a_file_is_found_in_both_trees(part: int) -> None:
    for path in FILES[part::16]:
        source = decode(path.read_bytes(), path, ROOT, str(path))
        if isinstance(source, Source) and "match" not in path.name:
            check(Page(source))


@pytest.mark.parametrize(
    "text",
    [
        "a(b())(c()).d(e())[f()](g())",
        "@first(one())\n@second(two())\nclass A(base(x()), metaclass=meta(y())):\n    z(w())",
        "@deco(a())\ndef f(x=default(b()), *, y: note(c()) = d()) -> out(e()):\n    return body(g())",
        "(f())()",
        "first() if test() else last()",
        "{key(): value() for key in keys() if ok()}",
        'x = f"{a(b())} {c()!r:>{width()}}"',
        "with open(a()) as f, open(b()) as g:\n    pass",
        "lambda x=d(): body(x)",
        "f(*a(), k=b(), **c())",
    ],
)
def test_calls_that_begin_together_or_stand_elsewhere_than_their_field(text: str) -> None:
    check(page_of(text))
