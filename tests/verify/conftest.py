"""Projects made of a few lines, verified together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seedlint.config import Config
from seedlint.engine import Evidence, analyze
from seedlint.rule import Finding
from seedlint.sources.discover import discover
from seedlint.verify.command import verify
from seedlint.verify.plan import Options

Project = Callable[..., tuple[list[Finding], Evidence]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Write files into a folder of their own, and give back what is found there."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)

    def make(**files: str) -> tuple[list[Finding], Evidence]:
        for name, text in files.items():
            Path(root, f"{name}.py").write_text(text, encoding="utf-8")
        projects, _ = discover([Path()])
        analysis = analyze(projects[0], Config(), evidence=True)
        assert analysis.evidence is not None
        return analysis.findings, analysis.evidence

    yield make
    os.chdir(tmp_path)


def verified(made: tuple[list[Finding], Evidence], **options: object) -> list[Finding]:
    """The findings with their verdicts, from cold processes unless said otherwise."""
    return verify(*made, Options(**{"cold": True, "timeout": 20.0, "jobs": 2, **options}))  # type: ignore[arg-type]
