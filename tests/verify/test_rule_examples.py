"""The programs on the rules' pages are run: the bad ones diverge, the good ones and the fixed ones are identical.

Those whose finding needs a GPU are tests of their own, skipped by name where there is none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fixes.programs import checked
from test_rules import Example, examples

from seedlint import api
from seedlint.config import Config
from seedlint.engine import Analysis, analyze
from seedlint.rule import Finding, Outcome
from seedlint.sources.discover import discover
from seedlint.verify.command import verify
from seedlint.verify.plan import Options
from verify.draws import all_draws, verified_together

NOT_ABOUT_TWO_RUNS = frozenset({"SDL402", "SDL403", "SDL901", "SDL902", "SDL903"})
"""Copies of one stream, and taste: two runs may well agree."""
BAD, GOOD = ([(p.id, p.values[0]) for p in examples() if p.values[0].heading == heading] for heading in ("Bad", "Good"))
ON_GPU = [(name, example) for name, example in BAD if (example.rule.code, "cuda") in {e[2:] for e in example.expected}]
NO_CUDA = "not compiled with CUDA", "No CUDA GPUs", "NVIDIA driver"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Paths are given as seen from a folder that nothing else uses."""
    monkeypatch.chdir(tmp_path)
    yield


def written(name: str, example: Example) -> tuple[Path, Config]:
    """An example in a folder of its own, and its configuration."""
    root = Path(name)
    for file, text in example.files.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root, Config(**{"extend_select": (example.rule.code,), **example.config})


def analysed(root: Path, config: Config) -> Analysis:
    """The analysis of a folder, as seen from there."""
    with contextlib.chdir(root) if hasattr(contextlib, "chdir") else _changed(root):
        return analyze(discover([Path()])[0][0], config, evidence=True)


@contextlib.contextmanager
def _changed(root: Path) -> Iterator[None]:
    """What `contextlib.chdir` does from Python 3.11 on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        yield


def own(findings: list[Finding], example: Example) -> list[Finding]:
    """The findings of an example's own rule."""
    return [finding for finding in findings if finding.code == example.rule.code]


def told(name: str, finding: Finding) -> str:
    """One line about a verdict."""
    return f"{name}:{finding.place.line}: {finding.callee} {finding.verdict}"


def test_bad_examples_diverge() -> None:
    """Each finding of each page's own rule, except those about other things than two runs on this machine."""
    left = {name for name, _ in ON_GPU}
    chosen = [
        (name, example)
        for name, example in BAD
        if name not in left and example.rule.code not in NOT_ABOUT_TWO_RUNS and "target_torch" not in example.config
    ]
    made = [analysed(*written(name, example)) for name, example in chosen]
    verified = verified_together([(done.findings, done.evidence) for done in made])
    wrong = [
        told(name, finding)
        for (name, example), findings in zip(chosen, verified, strict=True)
        for finding in own(findings, example)
        if finding.verdict is None or finding.verdict.outcome is not Outcome.DIVERGED
    ]
    assert not wrong, "\n".join(wrong)


def test_good_examples_are_identical() -> None:
    """No draw of a good example differs between two runs."""
    assert_identical([(name, analysed(*written(name, example))) for name, example in GOOD])


def test_fixed_examples_are_identical() -> None:
    """The bad examples after `--fix --unsafe-fixes`, where that changes them."""
    made = []
    for name, example in BAD:
        root, config = written(name, example)
        [result] = api.fix(checked(root, config), unsafe=True)
        if result.after and not list(api.write(result)):
            made.append((name, analysed(root, config)))
    assert len(made) >= 10
    assert_identical(made)


def assert_identical(made: list[tuple[str, Analysis]]) -> None:
    """Every draw that a seed covers is identical, but for those that need a GPU or another path to be reached."""
    verified = verified_together([all_draws(done) for _, done in made])
    found = [(name, finding) for (name, _), findings in zip(made, verified, strict=True) for finding in findings]
    wrong = [told(name, f) for name, f in found if f.verdict and f.verdict.outcome is Outcome.DIVERGED]
    could_not = [
        told(name, f)
        for name, f in found
        if f.verdict
        and f.verdict.outcome is Outcome.COULD_NOT_RUN
        and not any(text in f.verdict.detail for text in NO_CUDA)
    ]
    assert not wrong + could_not, "\n".join(wrong + could_not)
    assert sum(f.verdict is not None and f.verdict.outcome is Outcome.IDENTICAL for _, f in found) > len(made) / 2


@pytest.mark.parametrize(("name", "example"), ON_GPU, ids=[name for name, _ in ON_GPU])
def test_a_bad_example_that_needs_a_gpu(name: str, example: Example) -> None:
    """Without one its verdict says so; with one it diverges, or was not seen to, and that is said."""
    done = analysed(*written(name, example))
    assert done.evidence is not None
    here = torch.cuda.is_available()
    found = verify(done.findings, done.evidence, replace(Options(jobs=2), device="cuda" if here else "cpu"))
    for finding in own(found, example):
        assert finding.verdict is not None
        if here and finding.code not in NOT_ABOUT_TWO_RUNS:
            assert finding.verdict.outcome is Outcome.DIVERGED or "not seen to differ" in finding.verdict.detail
        elif finding.code not in NOT_ABOUT_TWO_RUNS:
            assert (finding.verdict.outcome, finding.verdict.detail) == (Outcome.COULD_NOT_RUN, "needs a CUDA device")
    if not here:
        pytest.skip(f"{example.rule.code} {name} needs a CUDA device")
