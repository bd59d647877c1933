"""Findings as one page that needs nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from string import Template
from typing import TYPE_CHECKING

from seedlint.baseline import line_of
from seedlint.report import text
from seedlint.rule import Edit, Finding, Rule

if TYPE_CHECKING:
    from seedlint.api import Checked

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>seedlint: $title</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --error: #c62828; --warning: #b26a00; --note: #1565c0; }
@media (prefers-color-scheme: dark) { :root { --error: #ff8a80; --warning: #ffb74d; --note: #82b1ff; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
td.number { text-align: right; }
article { border: 1px solid var(--line); border-left-width: 4px; border-radius: 4px; }
article { padding: .6rem 1rem; margin: 1rem 0; }
article.error { border-left-color: var(--error); }
article.warning { border-left-color: var(--warning); }
article.note { border-left-color: var(--note); }
.code { font-weight: 600; } .error .code { color: var(--error); } .warning .code { color: var(--warning); }
.note .code { color: var(--note); } .place { float: right; opacity: .7; }
p { margin: .4rem 0; } pre { background: var(--soft); padding: .5rem .8rem; overflow-x: auto; margin: .5rem 0; }
mark { background: #ffd54f88; color: inherit; } code { font-family: ui-monospace, monospace; font-size: .93em; }
ol { margin: .3rem 0; } summary { cursor: pointer; } footer { margin: 3rem 0; opacity: .7; }
</style>
</head>
<body>
<h1>$title</h1>
$problems
$overview
$findings
<footer>seedlint $version. What two runs of the same command may not agree on, and why.</footer>
</body>
</html>""")


def render(checked: Checked, rules: Sequence[tuple[type[Rule], str]], version: str) -> str:
    """The whole page: what was counted, a table of the rules, then the findings of each file."""
    return _PAGE.substitute(
        title=escape(text.summary(checked)),
        problems=_problems(checked),
        overview="\n".join(_overview(checked.findings, rules)),
        findings="\n".join(_files(checked)),
        version=escape(version),
    )


def _problems(checked: Checked) -> str:
    lines = [*map(str, checked.problems), *checked.errors]
    if not lines:
        return ""
    return "<h2>Not checked</h2>\n<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _overview(findings: Sequence[Finding], rules: Sequence[tuple[type[Rule], str]]) -> Iterator[str]:
    counts = Counter(finding.code for finding in findings)
    if not counts:
        return
    yield "<table><tr><th></th><th>rule</th><th></th><th>says</th></tr>"
    for rule, _ in rules:
        if rule.code in counts:
            cells = (rule.code, rule.name, rule.summary)
            named = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            yield f'<tr><td class="number">{counts[rule.code]}</td>{named}</tr>'
    yield "</table>"


def _files(checked: Checked) -> Iterator[str]:
    by_path: dict[str, list[Finding]] = {}
    for finding in checked.findings:
        by_path.setdefault(finding.place.path, []).append(finding)
    for path, findings in by_path.items():
        yield f"<h2>{escape(path)}</h2>"
        for finding in findings:
            yield from _finding(finding, checked)


def _finding(finding: Finding, checked: Checked) -> Iterator[str]:
    place = finding.place
    cell = "" if place.cell is None else f"cell {place.cell}, "
    yield f'<article class="{finding.severity.value}">'
    yield f'<p><span class="place">{cell}line {place.line}</span>'
    yield f'<span class="code">{escape(finding.code)}</span> {escape(finding.name)}</p>'
    yield f"<p>{_said(finding.message)}.</p>"
    yield from _code(finding, checked)
    if len(finding.trace) > 1:
        steps = "".join(f"<li>{escape(step)}</li>" for step in text.trace(finding))
        yield f"<details><summary>path from {escape(finding.entry)}</summary><ol>{steps}</ol></details>"
    yield f"<p>{_said(finding.help)}</p>"
    if finding.fix is not None:
        yield f"<details><summary>fix: {_said(finding.fix.message)}</summary>"
        yield "".join(map(_edit, finding.fix.edits))
        yield "</details>"
    if finding.verdict is not None:
        detail = f": {finding.verdict.detail}" if finding.verdict.detail else ""
        yield f"<p>verified: <b>{escape(finding.verdict.outcome.value)}</b>{escape(detail)}</p>"
    yield "</article>"


def _code(finding: Finding, checked: Checked) -> Iterator[str]:
    source = checked.sources.get(finding.place.path)
    line = line_of(finding, source) if source is not None else ""
    if line.strip():
        start = finding.place.column - 1
        end = finding.place.end_column - 1 if finding.place.end_line == finding.place.line else len(line)
        indent = min(len(line) - len(line.lstrip()), start)
        before, marked, after = line[indent:start], line[start:end], line[end:]
        yield f"<pre><code>{escape(before)}<mark>{escape(marked)}</mark>{escape(after)}</code></pre>"


def _edit(edit: Edit) -> str:
    where = f"{edit.path}, line {edit.start[0]}"
    return f"<p>{escape(where)}</p><pre><code>{escape(edit.content) or '(removed)'}</code></pre>"


def _said(sentence: str) -> str:
    """A sentence with the parts between backticks as code."""
    parts = escape(sentence).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
