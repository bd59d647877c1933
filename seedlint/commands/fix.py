"""`--fix` and `--diff`: changes files, or shows how they would change."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator

from seedlint import api
from seedlint.api import Checked
from seedlint.cli import CLEAN, FAILED, FINDINGS
from seedlint.commands.options import Options
from seedlint.commands.output import Output, complain
from seedlint.engine import display
from seedlint.fixes.prove import Fixed


def run(options: Options, checked: Checked, output: Output) -> int:
    """Apply or show the fixes of what was found and report what is left; the exit status."""
    results = list(api.fix(checked, unsafe=options.unsafe_fixes))
    if options.verify:
        from seedlint.commands import prove

        results = prove.run(options, checked, results)
    if options.diff:
        lines = [line for result in results for line in diff(result)]
        output.write(lines)
        return FINDINGS if lines and not options.exit_zero else CLEAN
    refused = [name for result in results for name in api.write(result)]
    for name in refused:
        complain(f"seedlint: {name}: not written: it has changed since it was read, or cannot be replaced")
    fixed, files = sum(result.fixed for result in results), sum(len(result.after) for result in results)
    checked.findings[:] = sorted((f for result in results for f in result.remaining), key=lambda f: (f.place, f.code))
    from seedlint.commands.check import report

    status = report(options, checked, output)
    if fixed and not refused:
        what = "finding" if fixed == 1 else "findings"
        where = "file" if files == 1 else "files"
        print(f"Fixed {fixed} {what} in {files} {where}.", file=sys.stderr)
    return FAILED if refused else status


def diff(result: Fixed) -> Iterator[str]:
    """The unified diff of what a fix changes."""
    for path in sorted(result.after):
        name = display(path)
        before, after = result.before[path], result.after[path]
        old = before.decode("utf-8", "replace").split("\n")
        new = after.decode("utf-8", "replace").split("\n")
        yield from difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm="")
