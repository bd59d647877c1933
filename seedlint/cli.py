"""The command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run `seedlint`; the exit status is 0 for clean, 1 for findings, 2 for what could not be done."""
    parser = argparse.ArgumentParser(prog="seedlint")
    parser.add_argument("paths", nargs="*", type=Path, default=[Path()])
    parser.add_argument("--output-format", choices=["text", "json"], default="text")
    args = parser.parse_args(argv)
    from seedlint import api
    from seedlint.report import json, text

    checked = api.check(args.paths)
    if args.output_format == "json":
        print(json.render(checked.findings))
    else:
        for line in text.render(checked.findings, checked.sources):
            print(line)
        print(text.summary(checked.findings, checked.files, checked.entries, checked.hidden, checked.suppressed, 0))
    for problem in checked.problems:
        print(problem, file=sys.stderr)
    return 2 if checked.problems else 1 if checked.findings else 0
