"""`--fix --verify`: runs the fixed code too, and takes back what does not make its finding identical."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from seedlint import api
from seedlint.api import Checked
from seedlint.commands import verify
from seedlint.commands.options import Options
from seedlint.engine import Analysis, display
from seedlint.fixes.prove import Fixed
from seedlint.rule import Finding
from seedlint.sources.read import decode
from seedlint.sources.source import Source
from seedlint.verify.prove import Proof, prove

_Same = tuple[str, str, str, str]


def run(options: Options, checked: Checked, results: list[Fixed]) -> list[Fixed]:
    """The fixes that hold when they are run; what each finding went from and to is said."""
    proofs = [proof for at, result in enumerate(results) for proof in _proofs(options, checked, at, result)]
    for proof in proofs:
        print(proof, file=sys.stderr)
    failed = [proof for proof in proofs if not proof.holds]
    if not failed:
        return results
    before = [judged.analysis.sources for judged in checked.judged]
    refused = {_same(_holding(before, proof.finding), proof.finding) for proof in failed}
    print(f"Taken back: {len(failed)} of {len(proofs)} fixes.", file=sys.stderr)
    again = list(
        api.fix(
            checked, unsafe=options.unsafe_fixes, skip=lambda done, finding: _same(done.sources, finding) in refused
        )
    )
    again[0].remaining += [replace(proof.finding, verdict=proof.after) for proof in failed]
    return again


def _proofs(options: Options, checked: Checked, at: int, result: Fixed) -> list[Proof]:
    judged = checked.judged[at]
    left = Counter(_same(result.sources, finding) for finding in result.remaining)
    fixed = []
    for finding in _of(judged.analysis, checked.findings):
        same = _same(judged.analysis.sources, finding)
        if left[same]:
            left[same] -= 1
        else:
            fixed.append(finding)
    if not fixed or not result.after or judged.analysis.evidence is None:
        return []
    after: dict[Path, Source] = {}
    for path, data in result.after.items():
        source = decode(data, path, judged.project.root, display(path))
        if isinstance(source, Source):
            after[path] = source
    return prove(fixed, judged.analysis.evidence, after, verify.settings(options))


def _holding(projects: Iterable[Mapping[str, Source]], finding: Finding) -> Mapping[str, Source]:
    """The files, as they were checked, of the project that a finding lies in."""
    return next((sources for sources in projects if finding.place.path in sources), {})


def _of(analysis: Analysis, findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.place.path in analysis.sources]


def _same(sources: Mapping[str, Source], finding: Finding) -> _Same:
    """What of a finding stays when lines move: its code and stream, and the text of its line."""
    source, text = sources.get(finding.place.path), ""
    if source is not None:
        lines, number = source.lines(), source.line_of(finding.place.cell, finding.place.line)
        text = lines[number - 1].strip() if number <= len(lines) else ""
    return finding.place.path, finding.code, finding.stream or "", text
