"""IPython's lines as Python: each becomes a line that parses and does the same to streams, or nothing."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from seedlint.sources.source import split_lines

RUN = "__seedlint_run__"
"""What `%run` calls: with a path from the file's folder, and the name that the script is run as."""
_UNKNOWN = "get_ipython()"
_OWN_BODY = frozenset(
    {"capture", "debug", "memit", "mprun", "prun", "pyinstrument", "scalene", "snakeviz", "time", "timeit", "wandb"}
)
"""Cell magics whose body runs in the notebook's own namespace."""
_MAGIC = re.compile(r"(?P<indent>\s*)(?:%{1,2}(?=\w)(?P<magic>.*)|[!?].*|[,/](?=\w).*)$", re.DOTALL)
_HELP = re.compile(r"(?P<indent>\s*)%{0,2}[\w.*]+\?{1,2}\s*;?\s*(?:#.*)?$")
_ASSIGNED = re.compile(r"(?P<target>\s*[\w.,\s\[\]'\"]+?=\s*)(?:!|%(?P<magic>\w.*))", re.DOTALL)
_AUTOMAGIC = re.compile(
    r"(?P<indent>\s*)(?P<magic>"
    r"(?:autoreload|cat|cd|conda|cp|load_ext|ls|mamba|matplotlib|mkdir|mv|pip|reload_ext|rm|run|uv)"
    r"\s+(?!(?:and|else|for|if|in|is|not|or)\b)[\w./~\"'-].*)$"
)
_EXECUTES = re.compile(r"(?:memit|prun|time|timeit)\s+(?:-[a-zA-Z]\S*(?:\s+\d+)?\s+)*(?P<code>[^\s-].*)", re.DOTALL)
_COMPOUND = re.compile(r"(?:async|class|def|for|if|match|try|while|with)\b|@")
_ENVIRONMENT = re.compile(r"(?:set_)?env\s+(?P<name>\w+)(?:\s*=\s*|\s+)(?P<value>[^${}]+)$")
_TRANSLATED = re.compile(r"(?P<indent>\s*)(?P<call>get_ipython\(\)\.(?:run_line_magic|magic)\(.*\))\s*;?\s*$")
_RUN_OPTIONS_WITH_VALUE = frozenset({"-l", "-N"})
_LEXEME = re.compile(r"\\.|#.*|\"{3}|'{3}|\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|[()\[\]{}]")


def python_of_cell(text: str) -> str:
    """A notebook cell's Python, line for line; none where a cell magic hands the body to something else."""
    lines = split_lines(text)
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        name = lines[first][2:].split(maxsplit=1)[:1]
        if name and name[0] not in _OWN_BODY:
            return "\n" * (len(lines) - 1)
        lines[first] = "pass"
    return "\n".join(_translated(lines))


def python_of_script(text: str) -> str:
    """A script's Python, line for line, if it is written in cells or was made from a notebook; else the text."""
    in_cells = "# %%" in text and any(line.lstrip().startswith(("%", "!", "?")) for line in split_lines(text))
    return "\n".join(_translated(split_lines(text))) if in_cells or _UNKNOWN in text else text


def _translated(lines: list[str]) -> Iterator[str]:
    """Translate what stands where a statement may begin; the lines that continue a magic become empty."""
    reader = _Reader()
    rest = 0
    for number, line in enumerate(lines):
        if rest:
            rest -= 1
            yield ""
            continue
        whole, more = _joined(lines, number)
        new = _python(whole) if reader.between_statements else None
        if new is None:
            reader.read(line)
            yield line
        else:
            rest = more
            yield new


def _joined(lines: list[str], number: int) -> tuple[str, int]:
    """(a line with those that its backslashes continue it by, how many these are)."""
    whole, last = lines[number], number
    while whole.endswith("\\") and last + 1 < len(lines):
        last += 1
        whole = f"{whole[:-1]} {lines[last]}"
    return whole, last - number


def _python(line: str) -> str | None:
    """The Python of one of IPython's lines; None for a line that is Python already."""
    if match := _HELP.match(line):
        return f"{match['indent']}pass"
    if match := _MAGIC.match(line) or _AUTOMAGIC.match(line):
        magic = match["magic"]
        if not magic:
            return f"{match['indent']}pass"
        return match["indent"] + _line_magic(magic.strip(), match.start("magic") - match.end("indent"))
    if match := _ASSIGNED.match(line):
        executed = _EXECUTES.match(match["magic"] or "")
        return match["target"] + (executed["code"] if executed else _UNKNOWN)
    if match := _TRANSLATED.match(line):
        magic = _argument_of(match["call"])
        return match["indent"] + _line_magic(magic, 0) if magic else None
    return None


def _line_magic(magic: str, offset: int) -> str:
    """The Python of a line magic; code that it executes keeps its column, `offset` behind the magic's own."""
    if match := _EXECUTES.match(magic):
        if _COMPOUND.match(match["code"]):
            return match["code"]
        return "0;".ljust(match.start("code") + offset) + match["code"]
    if match := _ENVIRONMENT.match(magic):
        return f"__import__('os').environ[{match['name']!r}] = {match['value'].strip()!r}"
    return _run(magic) or "pass"


def _run(magic: str) -> str | None:
    """The call that stands for `%run`."""
    try:
        name, *words = shlex.split(magic, comments=True)
    except ValueError:
        return None
    if name != "run":
        return None
    as_name, module = "__main__", False
    while words and words[0].startswith("-"):
        option = words.pop(0)
        module |= option == "-m"
        as_name = "" if option == "-n" else as_name
        if option in _RUN_OPTIONS_WITH_VALUE and words:
            words.pop(0)
    if not words or any(sign in words[0] for sign in "${~"):
        return None
    path = words[0].replace(".", "/") if module else words[0]
    if not path.endswith((".py", ".ipynb", ".ipy")):
        path += ".py"
    return f"{RUN}({path!r}, {as_name or PurePosixPath(path).stem!r})"


def _argument_of(call: str) -> str | None:
    """`run x.py` of `get_ipython().run_line_magic('run', 'x.py')` and of `get_ipython().magic('run x.py')`."""
    try:
        node = ast.parse(call, mode="eval").body
    except SyntaxError:
        return None
    assert isinstance(node, ast.Call)
    words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return " ".join(words).lstrip("%") if len(words) == len(node.args) else None


class _Reader:
    """Follows Python's lines as far as to know whether a statement may begin on the next one."""

    def __init__(self) -> None:
        self.quote = ""
        self.depth = 0
        self.continued = False

    @property
    def between_statements(self) -> bool:
        """Whether the next line begins outside brackets, texts and continued lines."""
        return not (self.quote or self.depth or self.continued)

    def read(self, line: str) -> None:
        """Take in one line."""
        position = 0
        if self.quote:
            position = self._end_of_text(line, 0)
        while not self.quote and (match := _LEXEME.search(line, position)):
            position = match.end()
            lexeme = match[0]
            if lexeme in "([{":
                self.depth += 1
            elif lexeme in ")]}":
                self.depth = max(0, self.depth - 1)
            elif lexeme in ('"""', "'''"):
                self.quote = lexeme
                position = self._end_of_text(line, position)
            elif lexeme.startswith("#"):
                self.continued = False
                return
        self.continued = not self.quote and line.endswith("\\")

    def _end_of_text(self, line: str, position: int) -> int:
        match = re.compile(rf"(?:\\.|(?!{self.quote}).)*{self.quote}").match(line, position)
        if match is None:
            return len(line)
        self.quote = ""
        return match.end()
