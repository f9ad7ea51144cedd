"""Texts in a program that read like something said to a person, and that no translator is shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["error_names", "forgotten"]

_TRANSLATING = frozenset({"_", "N_", "gettext", "gettext_noop", "ngettext"})
_WAITING = re.compile(r"_?until(_\w+)?")
"""Functions of which the collector knows what is waited for: ``outcome="become Ready"``."""

_FOR_DEVELOPERS = frozenset({"AttributeError", "RuntimeWarning", "ValueError"})
_FOR_PROGRAMS = frozenset({"Recording", "_ip", "compile", "rpartition"})
"""Functions that take the names of threads, input for ``ip``, what other programs print."""

_TELLING = frozenset({"Card", "Finding", "_fail", "fail", "print", "progress", "report", "tell", "write_line"})
_SAYING = frozenset({"expected", "help", "hint", "reason", "seen", "title"})

_PROSE = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}|^[A-Za-z]{2,} \{|\} [a-z]{2,}")
"""Two words in a row, a word and what varies, or the other way round."""

_COMMAND = re.compile(
    r"lab (addon|admin-manifest|config|doctor|down|env|kubeconfig|lint|open|prepare|reset|run|status|template|up)\b"
    r"|lab (drill|node|validate)\b"
    r"|go (build|env|install)\b"
    r"|(apt-get|cat|cd|curl|df|docker|exec|export|git|helm|ip|jupyter|kubectl|less|ls|mount|papermill|sudo|tail|trap)"
    r" |(unset|uv) |make lab\b|\{\} (&&|build) "
)
_REMARK = re.compile(r" # +[^ {]")
_NAME = re.compile(r"Docker|Kubernetes|cgroups|inotify|k3d|kind|kubeconfig|root")
_MARKUP = re.compile(r"^(\{\})?<|^:root|\w(=\"|:var\(|:\{\})|;font|\dpx ")
_STYLES = re.compile(r"(box|fail|good|mono|name|quiet|small|tip|title|\{\}| )+")


def error_names(files: list[Path]) -> frozenset[str]:
    """The names of ``LabError`` and of all that are one."""
    classes = [node for file in files for node in ast.walk(_parse(file)) if isinstance(node, ast.ClassDef)]
    names = {"LabError"}
    while more := {node.name for node in classes if names & {_name(base) for base in node.bases}} - names:
        names |= more
    return frozenset(names)


def forgotten(file: Path, errors: frozenset[str]) -> Iterator[str]:
    """Each text of a module that is said as it is, with its line.

    That is whatever reads like a sentence and is not given to a function that translates; and what is told by an
    error, a finding, a card or a line of progress, even if it is one word.
    """
    tree = _parse(file)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and not _is_for_others(node, parents):
            text = _text(node)
            if _is_said(text, is_told=_is_told(node, parents, errors | _TELLING)):
                yield f"{file.name}:{node.lineno}: {text}"


def _parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _name(node: ast.AST) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    """The text with a pair of braces for each thing that varies."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node.value, str) else ""


def _is_said(text: str, *, is_told: bool) -> bool:
    if _COMMAND.match(text) or text.startswith("--"):
        return bool(_REMARK.search(text))
    if _MARKUP.search(text) or _STYLES.fullmatch(text):
        return False
    return bool(_PROSE.search(text) or (is_told and re.search(r"[a-z]{2,}", text) and not _NAME.fullmatch(text)))


def _is_told(node: ast.expr, parents: dict[ast.AST, ast.AST], telling: frozenset[str]) -> bool:
    """Whether it is the first thing that a function which tells people something is given, or is named like that."""
    parent = parents[node]
    call = parents[parent] if isinstance(parent, ast.keyword) else parent
    if not isinstance(call, ast.Call) or _name(call.func) not in telling:
        return False
    return parent.arg in _SAYING if isinstance(parent, ast.keyword) else call.args[:1] == [node]


def _is_for_others(node: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether it is translated, belongs to a larger text, or is not for people who learn."""
    parent = parents[node]
    if isinstance(parent, ast.Expr | ast.JoinedStr | ast.Assert | ast.Compare):
        return True
    if isinstance(parent, ast.keyword):
        call = parents[parent]
        return parent.arg == "outcome" and isinstance(call, ast.Call) and bool(_WAITING.fullmatch(_name(call.func)))
    return isinstance(parent, ast.Call) and _name(parent.func) in _TRANSLATING | _FOR_DEVELOPERS | _FOR_PROGRAMS
