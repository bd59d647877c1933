"""Why runs did not come to a flagged line, and what helps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from seedlint.rule import Finding, Outcome

_HELP = (
    (r"No module named|cannot import name", "name the project's interpreter with --python, or install it there"),
    (
        r"No such file or directory|FileNotFoundError",
        "put the file there, or name another command with --run",
    ),
    (r"name resolution|URLError|ConnectionError|Network is unreachable|gaierror", "runs have no network"),
    (r"PermissionError|Read-only file system", "runs may write in a copy of the project only"),
    (r"exits with 2\b", "give its arguments with --run"),
    (r"not compiled with CUDA|no NVIDIA driver|No CUDA GPUs|CUDA device", "--launcher runs it on another machine"),
    (r"still running after", "raise --timeout, or name a shorter command with --run"),
)
_PLACE = re.compile(r"^[^\s:]+\.py:\d+: ")


def ran(label: str, driven: str) -> str:
    """What was run twice."""
    return f"two calls of `{driven}` in {label} with stand-ins" if driven else f"two runs of {label}"


def ending(runs: Sequence[Mapping[str, Any]]) -> str:
    """Why the runs did not come to their end, and what helps; empty when they did."""
    for run in runs:
        reason = _reason(run)
        if reason:
            advice = next((advice for pattern, advice in _HELP if re.search(pattern, reason)), "")
            return f"{reason} ({advice})" if advice else reason
    return ""


def _reason(run: Mapping[str, Any]) -> str:
    if run.get("error"):
        place = f"{run['place']}: " if run.get("place") else ""
        return f"{place}{run['error']}"
    if run["how"] not in ("ended", "enough", "patience"):
        return str(run.get("reason", run["how"]))
    if run["how"] == "ended" and run.get("status"):
        return f"the program exits with status {run['status']}"
    return ""


def grouped(findings: Iterable[Finding]) -> Iterator[str]:
    """A line for each reason why findings have no decisive verdict, the most common first."""
    counts: Counter[tuple[Outcome, str]] = Counter()
    for finding in findings:
        verdict = finding.verdict
        if verdict is not None and verdict.outcome in (Outcome.COULD_NOT_RUN, Outcome.NOT_REACHED):
            counts[verdict.outcome, _PLACE.sub("", verdict.detail)] += 1
    for (outcome, reason), count in counts.most_common():
        yield f"{count} {outcome.value}: {reason}"
