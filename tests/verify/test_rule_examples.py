"""The programs on the rules' pages are run: the bad ones diverge, the good ones are identical.

Those whose finding needs a GPU are skipped by name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_rules import Example, examples

from seedlint.config import Config
from seedlint.engine import Analysis, analyze
from seedlint.rule import Outcome
from seedlint.sources.discover import discover
from verify.draws import all_draws, verified_together

NOT_ABOUT_TWO_RUNS = frozenset({"SDL402", "SDL403", "SDL901", "SDL902", "SDL903"})
"""Copies of one stream, and taste: two runs may well agree."""

Analyse = Any


@pytest.fixture
def analysed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Analyse:
    """Analyses an example in a folder of its own."""

    def analyse(number: int, example: Example) -> Analysis:
        root = tmp_path / str(number)
        for name, text in example.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        monkeypatch.chdir(root)
        config = Config(**{"extend_select": (example.rule.code,), **example.config})
        return analyze(discover([Path()])[0][0], config, evidence=True)

    return analyse


def chosen(heading: str) -> list[tuple[str, Example]]:
    """The examples below one heading."""
    return [(str(p.id), p.values[0]) for p in examples() if p.values[0].heading == heading]


def test_bad_examples_diverge(analysed: Analyse) -> None:
    """Each finding of each page's own rule, except where two runs may agree or a GPU is needed."""
    made = [(name, example, analysed(i, example)) for i, (name, example) in enumerate(chosen("Bad"))]
    verified = verified_together([(done.findings, done.evidence) for _, _, done in made])
    wrong, on_gpu, could_not = [], [], []
    for (name, example, _), findings in zip(made, verified, strict=True):
        for finding in findings:
            verdict = finding.verdict
            if finding.code != example.rule.code or finding.code in NOT_ABOUT_TWO_RUNS or verdict is None:
                continue
            if "target_torch" in example.config:
                continue
            if "CUDA" in verdict.detail:
                on_gpu.append(name)
            elif verdict.outcome is Outcome.COULD_NOT_RUN:
                could_not.append(f"{name}: {verdict.detail}")
            elif verdict.outcome is not Outcome.DIVERGED:
                wrong.append(f"{name}:{finding.place.line}: {verdict}")
    assert not wrong, "\n".join(wrong)
    print(f"{len(on_gpu)} examples need a GPU: {', '.join(on_gpu)}; {len(could_not)} could not run: {could_not}")


def test_good_examples_are_identical(analysed: Analyse) -> None:
    """No draw of a good example differs between two runs."""
    made = [(name, all_draws(analysed(i, example))) for i, (name, example) in enumerate(chosen("Good"))]
    verified = verified_together([draws for _, draws in made])
    wrong = [
        f"{name}:{finding.place.line}: {finding.callee} {finding.verdict}"
        for (name, _), findings in zip(made, verified, strict=True)
        for finding in findings
        if finding.verdict is not None and finding.verdict.outcome is Outcome.DIVERGED
    ]
    assert not wrong, "\n".join(wrong)
