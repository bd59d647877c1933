"""The text report: what a person reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedlint.api import Checked
from seedlint.report import text
from seedlint.report.excerpt import excerpt
from seedlint.rule import Applicability, Finding, Fix, Outcome, Place, Severity, TraceStep, Verdict


def finding(path: str = "train.py", line: int = 3, group: str = "g", **changes: object) -> Finding:
    """A finding with what matters to a test."""
    base = Finding(
        place=Place(path, line, 1, line, 5),
        code="SDL101",
        name="unseeded-draw",
        severity=Severity.ERROR,
        message="it draws",
        help="Seed.",
        stream="torch",
        entry="train.py",
        entries=1,
        group=group,
        trace=(TraceStep(path, line, "torch.rand"),),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def lines(*findings: Finding, width: int = 120) -> list[str]:
    return list(text.render(findings, {}, width=width))


def test_one_group_is_shown_once_with_the_places_of_its_others() -> None:
    shown = lines(finding(), finding(line=7), finding(line=9), finding("net.py", 4), finding("net.py", 5))
    assert [line for line in shown if "SDL101" in line] == ["train.py:3:1: SDL101 unseeded-draw"]
    assert "  also: lines 7, 9; net.py lines 4, 5" in shown


def test_several_draws_of_one_line_are_one_place() -> None:
    again = finding(place=Place("train.py", 3, 8, 3, 9))
    assert "  also: again on this line; line 4" in lines(finding(), again, finding(line=4))


def test_of_many_places_some_are_listed_and_the_rest_counted() -> None:
    shown = lines(*(finding(line=number) for number in range(3, 23)))
    assert shown[-2] == f"  also: lines {', '.join(map(str, range(4, 16)))}; and 7 more"


def test_a_path_names_a_file_where_it_changes() -> None:
    steps = (
        TraceStep("train.py", 88, "main"),
        TraceStep("train.py", 40, "mp.spawn"),
        TraceStep("train.py", 40, "worker"),
        TraceStep("net.py", 12, "make_model"),
        TraceStep("net.py", 14, "torch.nn.Linear"),
    )
    shown = lines(finding(trace=steps))
    assert "  path: train.py:88 main -> line 40 mp.spawn -> worker -> net.py:12 make_model -> torch.nn.Linear" in shown


def test_a_long_path_is_broken_between_its_steps() -> None:
    steps = tuple(TraceStep("some/folder/train.py", number, f"function_{number}") for number in range(8))
    shown = [line for line in lines(finding(trace=steps), width=60) if "function" in line]
    assert len(shown) > 2
    assert max(map(len, shown)) <= 60
    assert shown[1].startswith("        -> line ")


def test_of_a_very_long_path_the_middle_is_counted() -> None:
    steps = tuple(TraceStep("train.py", number, f"f{number}") for number in range(100))
    assert any("... 88 more ..." in line for line in lines(finding(trace=steps)))


def test_a_notebook_is_shown_by_cell() -> None:
    first = finding("book.ipynb", place=Place("book.ipynb", 2, 1, 2, 3, cell=4))
    second = finding("book.ipynb", place=Place("book.ipynb", 1, 1, 1, 3, cell=5))
    shown = lines(first, second)
    assert shown[0].startswith("book.ipynb:cell 4:2:1: SDL101")
    assert "  also: cell 5 line 1" in shown


def test_fixes_and_verdicts_are_told() -> None:
    fix = Fix(Applicability.UNSAFE, "insert a seed", ())
    verdict = Verdict(Outcome.DIVERGED, "the weights differ", "1f", "2e")
    shown = lines(finding(fix=fix, verdict=verdict))
    assert shown[0].endswith(" [--fix --unsafe-fixes]")
    assert shown[-5:-2] == ["  verified: diverged: the weights differ", "    run 1: 1f", "    run 2: 2e"]
    assert shown[-2].startswith("  help:")


def test_verdicts_that_are_not_shown_in_full_are_counted() -> None:
    verdicts = [Verdict(Outcome.DIVERGED), Verdict(Outcome.IDENTICAL), Verdict(Outcome.DIVERGED)]
    shown = lines(*[finding(line=line, verdict=verdict) for line, verdict in enumerate(verdicts, 1)])
    assert "  also: lines 2, 3; verified: 1 identical, 1 diverged" in shown


def test_the_last_line_counts() -> None:
    checked = Checked(findings=[finding(), finding(line=4, severity=Severity.NOTE)], files=2, entries=1, suppressed=3)
    assert text.summary(checked) == "2 findings (1 error, 1 note) in 2 files, 1 entry; 3 suppressed."
    assert text.summary(Checked(files=1, entries=2)) == "No findings in 1 file, 2 entries."
    assert text.summary(Checked(errors=["x"])) == "Nothing was checked; 1 error above."


@pytest.mark.parametrize(
    ("line", "start", "end", "shown"),
    [
        ("    x = rand(3)", 8, 15, ("x = rand(3)", "    ^^^^^^^")),
        ("\tx =\trand(3)", 5, 12, ("x =    rand(3)", "       ^^^^^^^")),
        ("名 = rand(3)", 4, 11, ("名 = rand(3)", "     ^^^^^^^")),
        ("x = '名', rand(3)", 9, 16, ("x = '名', rand(3)", "          ^^^^^^^")),
        ("e\u0301 = rand(3)", 5, 12, ("e\u0301 = rand(3)", "    ^^^^^^^")),
        ("x = \x1b[0m, rand(3)", 10, 17, ("x = ?[0m, rand(3)", "          ^^^^^^^")),
        ("    x", 0, 5, ("    x", "^^^^^")),
        ("x = 1", 5, 5, ("x = 1", "     ^")),
    ],
)
def test_carets_stand_below_what_they_mark(line: str, start: int, end: int, shown: tuple[str, str]) -> None:
    assert excerpt(line, start, end, 100) == shown


def test_of_a_long_line_the_marked_part_is_shown() -> None:
    line = "data = [" + "1, " * 5000 + "rand(3)]"
    start = line.index("rand")
    shown, carets = excerpt(line, start, start + 7, 80)
    assert len(shown) <= 80
    assert shown[carets.index("^") : carets.index("^") + 7] == "rand(3)"


@given(st.text(alphabet="ab \t名\u0301\x07", max_size=60), st.integers(0, 60), st.integers(0, 60), st.integers(20, 90))
def test_an_excerpt_always_marks_something(line: str, start: int, length: int, width: int) -> None:
    start = min(start, len(line))
    shown, carets = excerpt(line, start, start + length, width)
    assert "^" in carets
    assert "\t" not in shown and "\x07" not in shown
