"""Extract the messages to translate from Python, templates, lab.toml files and notebooks."""

from __future__ import annotations

import ast
import inspect
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from lab_helpers import checkout
from lab_helpers.errors import LabError
from lab_helpers.language import MESSAGES, addon_domain
from lab_helpers.schema import prose_keys
from lab_helpers.wait import timeout_message
from lab_helpers.workbook.course.outline import Outline
from lab_helpers.workbook.learner.prose import cell_name

__all__ = ["Message", "collect"]

_CALLS = {"_": 1, "gettext": 1, "gettext_noop": 1, "N_": 1, "ngettext": 2}
"""The functions that translate or mark messages, and how many of their arguments are messages."""

_OWN = ("lab_helpers/**/*.py", "lab_helpers/**/*.j2")
_ADDONS = "lab_helpers/addons"
_OF_ADDON = ("**/*.py",)
_OF_LAB = ("*.py", "lab.toml")

# The keywords of this call name a check's evidence.
_EVIDENCE = "Evidence"

# What is waited for is named by a keyword of the functions that wait, and is the verb of a sentence.
_WAITS = re.compile(r"_?until(_\w+)?")
_OUTCOME = "outcome"

# Every verb of `lab` has an option of this type, and no other function of its room has.
_LANGUAGE = "Language"

# The keys of prose in a lab.toml, at any depth.
_PROSE = prose_keys(Outline)
# What is answered to a prediction, by the answer: both are prose, though an answer is typed as it is.
_REPLIES = "replies"
# A letter that is not inside braces, where a value is filled in.
_HAS_WORDS = re.compile(r"[^\W\d](?![^{}]*})")


@dataclass
class Message:
    """A message to translate.

    Attributes:
        text: The English text.
        plural: The English plural form; empty if it has none.
        context: The notebook and cell of a cell's prose; empty for other messages.
        files: The files it occurs in, relative to the checkout.
    """

    text: str
    plural: str = ""
    context: str = ""
    files: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        """Its unique key in its catalogue."""
        return self.context, self.text


def collect(source: Path | None = None) -> dict[str, list[Message]]:
    """The messages of each domain, without duplicates, in the order of the source.

    A message of lab_helpers is in its own domain only, also if an add-on or a lab has the same.

    Args:
        source: The checkout, or a directory with notebooks and labs alone; by default this checkout.

    Raises:
        LabError: A message is not a string literal, so that it cannot be extracted.
    """
    source = source or checkout.source_directory()
    own = _of_package(source)
    # Labs elsewhere share this package's messages.
    shared = own or _of_package(Path(__file__).resolve().parent.parent.parent)
    known = {message.key for messages in shared.values() for message in messages}
    domains = dict(own)
    for name in _labs(source):
        of_lab = chain(_messages(source / "labs" / name, _OF_LAB), _cells(source, name.removeprefix("lab_")))
        domains[name] = [message for message in _merge(source, of_lab) if message.key not in known]
    return domains


def _of_package(source: Path) -> dict[str, list[Message]]:
    """The messages of lab_helpers, and those of each add-on that it has not got itself; empty where it is not there."""
    packages = {file.parent for file in (source / _ADDONS).glob("*/__init__.py")}
    own = _merge(source, (item for item in _messages(source, _OWN) if packages.isdisjoint(item[0].parents)))
    if not own:
        return {}
    known = {message.key for message in own}
    domains = {MESSAGES: own}
    for package in sorted(packages):
        of_addon = _merge(source, _messages(package, _OF_ADDON))
        domains[addon_domain(package.name)] = [message for message in of_addon if message.key not in known]
    return domains


def _labs(source: Path) -> list[str]:
    """The names of the labs' packages, sorted, including those of notebooks that have no package yet."""
    notebooks = (f"lab_{file.stem}" for file in (source / "notebooks").glob("*.ipynb"))
    return sorted({*notebooks, *(file.parent.name for file in (source / "labs").glob("lab_*/lab.toml"))})


def _merge(source: Path, messages: Iterator[tuple[Path, Message]]) -> list[Message]:
    merged: dict[tuple[str, str], Message] = {}
    for file, message in messages:
        entry = merged.setdefault(message.key, message)
        entry.plural = entry.plural or message.plural
        name = file.relative_to(source).as_posix()
        if name not in entry.files:
            entry.files.append(name)
    return list(merged.values())


def _messages(directory: Path, patterns: Sequence[str]) -> Iterator[tuple[Path, Message]]:
    readers = {".py": _in_python, ".j2": _in_template, ".toml": _in_outline}
    for pattern in patterns:
        for file in sorted(directory.glob(pattern)):
            yield from ((file, message) for message in readers[file.suffix](file))


def _cells(source: Path, notebook: str) -> Iterator[tuple[Path, Message]]:
    file = source / "notebooks" / f"{notebook}.ipynb"
    if file.exists():
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                yield file, Message("".join(cell["source"]), context=cell_name(file.stem, cell["id"]))


def _in_python(file: Path) -> Iterator[Message]:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError) as error:
        raise LabError(
            f"cannot be read: {error}",
            object=str(file),
            next_step=f"python -m py_compile {file}",
        ) from error
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Call))
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == _EVIDENCE:
                yield from (Message(keyword.arg.replace("_", " ")) for keyword in node.keywords if keyword.arg)
            elif isinstance(node.func, ast.Name) and node.func.id in _CALLS:
                arguments = node.args[: _CALLS[node.func.id]]
                yield _message_of_call(node.func.id, [_text(argument, file) for argument in arguments])
            elif _WAITS.fullmatch(getattr(node.func, "attr", getattr(node.func, "id", ""))):
                yield from (Message(timeout_message(_text(verb, file))) for verb in _outcomes_of_call(node))
        elif _has_shown_docstring(node, file):
            text = inspect.cleandoc(ast.get_docstring(node) or "")
            yield Message(text if file.parent.name == "cli" else text.splitlines()[0].rstrip("."))


def _message_of_call(function: str, texts: Sequence[str]) -> Message:
    return Message(texts[0], texts[1] if _CALLS[function] > 1 else "")


def _outcomes_of_call(call: ast.Call) -> Iterator[ast.expr]:
    """What a call waits for; not where it passes on what it was told itself."""
    values = (keyword.value for keyword in call.keywords if keyword.arg == _OUTCOME)
    yield from (value for value in values if not (isinstance(value, ast.Name) and value.id == _OUTCOME))


def _has_shown_docstring(function: ast.FunctionDef, file: Path) -> bool:
    """Whether a function's docstring is shown to users: of a check, or of a verb of `lab`."""
    decorators = [node.func for node in function.decorator_list if isinstance(node, ast.Call)]
    is_check = any(isinstance(name, ast.Name) and name.id == "check" for name in decorators)
    options = [argument.annotation for argument in function.args.args]
    is_verb = file.parent.name == "cli" and any(getattr(option, "id", "") == _LANGUAGE for option in options)
    return (is_check or is_verb) and ast.get_docstring(function) is not None


def _text(argument: ast.expr, file: Path) -> str:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    raise LabError(
        "only a plain string can be translated; name what varies in braces and fill it in afterwards",
        object=f"{file}:{argument.lineno}",
        last_event=ast.unparse(argument),
    )


def _in_template(file: Path) -> Iterator[Message]:
    from jinja2 import Environment, nodes

    tree = Environment(autoescape=True).parse(file.read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in _CALLS:
            arguments = call.args[: _CALLS[call.node.name]]
            yield _message_of_call(call.node.name, [str(argument.as_const()) for argument in arguments])


def _in_outline(file: Path) -> Iterator[Message]:
    yield from map(Message, _prose(tomllib.loads(file.read_text(encoding="utf-8"))))


def _prose(value: Any, is_prose: bool = False) -> Iterator[str]:  # noqa: ANN401 - whatever TOML holds
    if isinstance(value, dict):
        for name, item in value.items():
            if name == _REPLIES:
                yield from (text for answer in item.items() for text in answer if _HAS_WORDS.search(text))
            else:
                yield from _prose(item, name in _PROSE)
    elif isinstance(value, list):
        for item in value:
            yield from _prose(item, is_prose)
    elif is_prose and isinstance(value, str):
        yield value
