"""The reports that machines read keep their contracts."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command import UNSEEDED, seedlint, write

from seedlint.report import github, sarif
from seedlint.report import json as as_json
from seedlint.rule import Applicability, Edit, Finding, Fix, Outcome, Place, Severity, TraceStep, Verdict
from seedlint.sources.source import Problem

SARIF = json.loads((Path(__file__).parents[1] / "data" / "sarif-2.1.0" / "sarif-2.1.0.json").read_text("utf-8"))
PLACE = {"type": "object", "required": ["line", "column"], "additionalProperties": False}
PLACE["properties"] = {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}}
TEXT, LINE, NAME = {"type": "string"}, {"type": "integer", "minimum": 1}, {"type": ["string", "null"]}
CELL = {"type": ["integer", "null"], "minimum": 0}


def closed(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """The schema of an object with exactly these properties."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


EDIT = closed({"path": TEXT, "cell": CELL, "start": PLACE, "end": PLACE, "content": TEXT})
FIX = closed(
    {
        "applicability": {"enum": ["safe", "unsafe", "display"]},
        "message": TEXT,
        "reason": TEXT,
        "edits": {"type": "array", "items": EDIT},
    },
    optional=("reason",),
)
VERDICT = closed(
    {
        "outcome": {"enum": ["diverged", "identical", "not reached", "could not run"]},
        **dict.fromkeys(["detail", "first", "second", "device"], TEXT),
        "runs": LINE,
    }
)
FINDING = closed(
    {
        "path": {"type": "string", "pattern": r"^[^\\]+$"},
        **dict.fromkeys(["line", "column", "end_line", "end_column"], LINE),
        "cell": CELL,
        "code": {"type": "string", "pattern": r"^[A-Z]+[0-9]+$"},
        "name": {"type": "string", "pattern": "^[a-z0-9-]+$"},
        "severity": {"enum": ["error", "warning", "note"]},
        "message": TEXT,
        "help": TEXT,
        "stream": NAME,
        "entry": TEXT,
        "entries": {"type": "integer", "minimum": 0},
        "group": TEXT,
        "trace": {
            "type": "array",
            "items": closed({"path": TEXT, "line": LINE, "text": TEXT, "cell": CELL}, optional=("cell",)),
        },
        "fix": {"anyOf": [FIX, {"type": "null"}]},
        "verdict": {"anyOf": [VERDICT, {"type": "null"}]},
    }
)
CONTRACT = {"type": "array", "items": FINDING}
PROGRAM: dict[str, str | bytes] = {
    "train me.py": "import net\nimport torch\n\nnet.make()\ntorch.manual_seed(0)\n",
    "net.py": "import torch\n\ndef make():\n    größe = 3; return torch.rand(größe, 1)\n",
    "book.ipynb": json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "source": "# hello", "metadata": {}},
                {"cell_type": "code", "source": ["import torch\n", "torch.rand(3)"], "metadata": {}, "outputs": []},
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    ),
}


def made(number: int = 0, **changes: Any) -> Finding:
    """A finding that has everything."""
    values: dict[str, Any] = {
        "place": Place("train.py", 3 + number, 1, 3 + number, 9),
        "code": "SDL101",
        "name": "unseeded-draw",
        "severity": Severity.ERROR,
        "message": "it draws, 100%: and so\non",
        "help": "Seed.",
        "stream": "torch",
        "entry": "train.py",
        "entries": 2,
        "group": "g",
        "trace": (TraceStep("train.py", 1, "main"), TraceStep("train.py", 3, "torch.rand")),
        "fix": Fix(Applicability.SAFE, "insert", (Edit("train.py", (1, 1), (1, 1), "import torch\n"),), "why"),
        "verdict": Verdict(Outcome.DIVERGED, "differs", "a", "b"),
        **changes,
    }
    return Finding(**values)


def test_json_keeps_its_contract(tmp_path: Path) -> None:
    write(tmp_path, PROGRAM)
    rows = seedlint(tmp_path, "--output-format=json").json()
    jsonschema.validate(rows, CONTRACT)
    jsonschema.validate(json.loads(as_json.render([made()])), CONTRACT)
    by_path = {row["path"]: row for row in rows}
    assert by_path["net.py"]["code"] == "SDL102"
    assert (by_path["net.py"]["line"], by_path["net.py"]["column"]) == (4, 23)
    assert [step["path"] for step in by_path["net.py"]["trace"]] == ["train me.py", "net.py"]
    assert (by_path["book.ipynb"]["cell"], by_path["book.ipynb"]["line"]) == (1, 2)


def test_json_of_nothing_is_an_empty_array(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1\n"})
    assert seedlint(tmp_path, "--output-format=json").json() == []


def log_of(folder: Path, *arguments: str) -> dict[str, Any]:
    log = seedlint(folder, "--output-format=sarif", *arguments).json()
    jsonschema.Draft202012Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(log)
    return dict(log["runs"][0])


def test_sarif_is_valid_and_carries_the_path_from_the_entry(tmp_path: Path) -> None:
    write(tmp_path, {**PROGRAM, "broken.py": "x = ("})
    run = log_of(tmp_path)
    rules = run["tool"]["driver"]["rules"]
    results = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: result for result in run["results"]
    }
    assert rules[results["net.py"]["ruleIndex"]]["id"] == "SDL102"
    assert all(rule["help"]["markdown"] for rule in rules)
    steps = results["net.py"]["codeFlows"][0]["threadFlows"][0]["locations"]
    assert steps[0]["location"]["physicalLocation"]["artifactLocation"]["uri"] == "train%20me.py"
    assert results["book.ipynb"]["message"]["text"].startswith("cell 1: ")
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert "cannot be parsed" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_fixes_and_limits() -> None:
    findings = [made(number, message="m" * 3000, trace=(TraceStep("a.py", 1, "f"),) * 2000) for number in range(3)]
    log = json.loads(sarif.render(findings, {}, [], "1.0", [Problem("a\udcff.py", 0, 0, "lost")]))
    jsonschema.Draft202012Validator(SARIF).validate(log)
    result = log["runs"][0]["results"][0]
    assert len(result["message"]["text"]) == sarif.LONGEST_MESSAGE
    assert len(result["codeFlows"][0]["threadFlows"][0]["locations"]) == sarif.MOST_LOCATIONS
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"]["text"] == "import torch\n"


def test_of_too_many_results_the_gravest_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)
    findings = [made(0, severity=Severity.NOTE), made(1), made(2, severity=Severity.WARNING)]
    log = json.loads(sarif.render(findings, {}, [], "1.0"))
    assert [result["level"] for result in log["runs"][0]["results"]] == ["error", "warning"]


def fingerprints(folder: Path) -> list[str]:
    return [result["partialFingerprints"]["seedlint/v1"] for result in log_of(folder)["results"]]


def test_fingerprints_survive_unrelated_edits_and_tell_findings_apart(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "import torch\n\ntorch.rand(3)\ntorch.rand(3)\ntorch.rand(4)\n"})
    before = fingerprints(tmp_path)
    assert len(set(before)) == 3
    write(
        tmp_path, {"train.py": "import torch\n\nprint('new')\nif 1:\n    torch.rand(3)\ntorch.rand(3)\ntorch.rand(4)\n"}
    )
    assert fingerprints(tmp_path) == before


def test_github_gets_a_command_for_each_finding(tmp_path: Path) -> None:
    write(tmp_path, {"train,me.py": UNSEEDED, "broken.py": "x = ("})
    ran = seedlint(tmp_path, "--output-format=github")
    assert ran.out.startswith(
        "::error file=train%2Cme.py,line=3,endLine=3,col=11,endColumn=24,title=SDL101 unseeded-draw::`torch.rand` draws"
    )
    assert "\n::error file=broken.py,line=1,col=5,title=seedlint::cannot be parsed" in ran.out


def test_github_commands_are_one_line_each() -> None:
    (line,) = github.render([made()])
    assert "\n" not in line
    assert "it draws, 100%25: and so%0Aon" in line


def test_concise_is_one_line_for_each_finding(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    ran = seedlint(tmp_path, "--output-format=concise")
    assert ran.out == (
        "train.py:3:11: SDL101 `torch.rand` draws from the torch stream, which no seed reaches when train.py runs\n"
    )
    assert ran.status == 1


class Page(HTMLParser):
    """Collects what a page refers to, and checks that its elements are closed in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_one_page_that_needs_nothing_else(tmp_path: Path) -> None:
    program = {**PROGRAM, "<b>.py": "import torch\n\nx = torch.rand(3), '<script>'\n"}
    write(tmp_path, program)
    ran = seedlint(tmp_path, "--output-format=html", "--output-file=out.html")
    assert ran.status == 1
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert (page.open, page.links) == ([], [])
    assert "<script>" not in text and "&lt;b&gt;.py" in text
    assert re.search(r"<mark>torch\.rand\(3\)</mark>", text)
    assert "late-seed" in text
