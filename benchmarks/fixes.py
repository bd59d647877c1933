"""How many programs whose seed was taken away get it back: `python benchmarks/fixes.py BENCH CORPUS`.

BENCH holds mutations.py and mutations.jsonl, CORPUS the repositories that they change. Each mutant is fixed
in a folder of its own with --fix --unsafe-fixes; it counts as mended if no finding is left that the
original does not have, and every changed file parses.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib.util
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import ModuleType

from seedlint.api import Checked, Setting, check_with, fix
from seedlint.rule import Finding


def main() -> int:
    """Fix each mutant and print what is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--id", action="append")
    parser.add_argument("--diff", action="store_true", help="show what is changed")
    args = parser.parse_args()
    mutations = _load(args.bench / "mutations.py")
    originals: dict[str, Counter[tuple[str, ...]]] = {}
    mended = total = 0
    for mutation in mutations.load(args.bench / "mutations.jsonl"):
        if args.id and mutation["id"] not in args.id:
            continue
        total += 1
        name = mutation["repo"].replace("/", "__")
        if name not in originals:
            originals[name] = _keys(_check(args.corpus / name))
        with tempfile.TemporaryDirectory() as folder:
            root = Path(mutations.make(mutation, str(args.corpus), folder))
            left = _mend(root, originals[name], args.diff)
        mended += not left
        print(f"{'mended' if not left else 'LEFT  '} {mutation['id']} {mutation['path']}", *left, sep="\n    ")
    print(f"{mended} of {total} mended")
    return 0 if total and mended >= 0.9 * total else 1


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutations", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _check(root: Path) -> Checked:
    os.chdir(root)
    return check_with([Path()], Setting(evidence=True, lenient=True))


def _mend(root: Path, original: Counter[tuple[str, ...]], show: bool) -> list[str]:
    """What is left that the original did not have."""
    checked = _check(root)
    left = Counter[tuple[str, ...]]()
    problems = []
    for result in fix(checked, unsafe=True):
        left += Counter(_key(finding) for finding in result.remaining)
        for path, data in result.after.items():
            try:
                ast.parse(data)
            except SyntaxError as error:
                problems.append(f"{path.name} does not parse: {error}")
            if show:
                old, new = result.before[path].decode().splitlines(), data.decode().splitlines()
                print(*difflib.unified_diff(old, new, path.name, path.name, lineterm=""), sep="\n")
    return problems + [" ".join(key) for key in (left - original)]


def _key(finding: Finding) -> tuple[str, ...]:
    """A finding without its line, which changes move."""
    return (finding.place.path, finding.code, finding.stream or "", finding.callee)


def _keys(checked: Checked) -> Counter[tuple[str, ...]]:
    return Counter(_key(finding) for finding in checked.findings)


if __name__ == "__main__":
    sys.exit(main())
