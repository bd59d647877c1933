"""`--show-completion`: a script that completes the options in bash, zsh or fish."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from seedlint.cli import CLEAN
from seedlint.commands.options import Options, parser

_FILES = frozenset(
    {"--config", "--stdin-filename", "--output-file", "--baseline", "--write-baseline", "--python", "--entry"}
)
_FOLDERS = frozenset({"--cache-dir", "--keep"})
_CODES = frozenset({"--select", "--extend-select", "--ignore", "--explain"})
_HEAD = {
    "bash": '# Put this into ~/.bashrc:  eval "$(seedlint --show-completion bash)"',
    "zsh": '#compdef seedlint\n# Put this into ~/.zshrc, after compinit:  eval "$(seedlint --show-completion zsh)"',
    "fish": "# Put this into ~/.config/fish/completions/seedlint.fish",
}


def run(options: Options) -> int:
    """Print the script."""
    shell = options.show_completion or "bash"
    print(_HEAD[shell])
    print("\n".join({"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]()))
    return CLEAN


def _options() -> list[argparse.Action]:
    return [action for action in parser()._actions if action.option_strings]


def _values(action: argparse.Action) -> str:
    """The words that an option takes: its choices, or the codes of the rules."""
    if action.choices:
        return " ".join(map(str, action.choices))
    if _CODES.intersection(action.option_strings):
        from seedlint import registry

        return " ".join(rule.code for rule in registry.listed())
    return ""


def _bash() -> Iterator[str]:
    yield "_seedlint() {"
    yield '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"'
    yield '  case "$before" in'
    for action in _options():
        names, values = "|".join(action.option_strings), _values(action)
        if values:
            yield f'    {names}) COMPREPLY=($(compgen -W "{values}" -- "$word")); return;;'
        elif _FOLDERS.intersection(action.option_strings):
            yield f'    {names}) COMPREPLY=($(compgen -d -- "$word")); return;;'
        elif action.nargs != 0:
            yield f'    {names}) COMPREPLY=($(compgen -f -- "$word")); return;;'
    yield "  esac"
    flags = " ".join(name for action in _options() for name in action.option_strings)
    yield f'  if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "{flags}" -- "$word"))'
    yield '  else COMPREPLY=($(compgen -f -- "$word")); fi'
    yield "}"
    yield "complete -o filenames -F _seedlint seedlint"


def _zsh() -> Iterator[str]:
    yield "_seedlint() {"
    yield "  _arguments -s \\"
    for action in _options():
        text = (action.help or "").replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
        for name in action.option_strings:
            yield f"    '*{name}[{text}]{_zsh_value(action)}' \\"
    yield "    '*:path:_files'"
    yield "}"
    yield "compdef _seedlint seedlint"


def _zsh_value(action: argparse.Action) -> str:
    values = _values(action)
    if values:
        return f":value:({values})"
    if _FOLDERS.intersection(action.option_strings):
        return ":folder:_files -/"
    if _FILES.intersection(action.option_strings):
        return ":file:_files"
    return "" if action.nargs == 0 else ":value:"


def _fish() -> Iterator[str]:
    for action in _options():
        text = (action.help or "").replace("\\", "\\\\").replace("'", "\\'")
        for name in action.option_strings:
            flag = f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
            yield f"complete -c seedlint {flag}{_fish_value(action)} -d '{text}'"


def _fish_value(action: argparse.Action) -> str:
    values = _values(action)
    if values:
        return f" -x -a '{values}'"
    if _FOLDERS.intersection(action.option_strings):
        return " -x -a '(__fish_complete_directories)'"
    if _FILES.intersection(action.option_strings):
        return " -r"
    return "" if action.nargs == 0 else " -x"
