"""What a step or a cell needs beyond namespaces of its own: said by name, and skipped where the cluster lacks it.

A step says it in ``lab.toml`` (``needs = ["cluster-read"]``), a cell or a paragraph of a script in its first line:
``# needs: cluster-read``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lab_helpers import language
from lab_helpers.cluster.base import Capability
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop

__all__ = ["Needs", "first_command", "parse", "reason", "register", "required_capabilities", "without"]

Needs = frozenset[Capability]

_LINE = re.compile(r"#\s*needs:\s*(?P<names>[a-z, -]+?)\s*")
_PARAGRAPH = re.compile(r"(?<=\n)[ \t]*\n")
_NOTHING_DONE = ("#", "import ", "from ")
_TRANSFORM = f"{__name__}.transform"
_MEANING = {
    Capability.NODES: gettext_noop("add nodes"),
    Capability.CHECKPOINTS: gettext_noop("keep and restore its whole state"),
    Capability.NAMESPACES: gettext_noop("make and delete namespaces, and what else belongs to all of a cluster"),
    Capability.SERVER: gettext_noop("run commands on the server that its etcd is on"),
    Capability.BUILDS: gettext_noop("build images on this machine"),
    Capability.FIXED_TAGS: gettext_noop("refuse to move a tag of its registry"),
    Capability.ENTRY: gettext_noop("take requests from this machine at its Ingress controller"),
    Capability.CLUSTER_READ: gettext_noop("look at what lies outside its own namespaces"),
}


def parse(names: Iterable[str], *, object: str) -> Needs:  # noqa: A002
    """The capabilities of these names.

    Raises:
        LabError: There is none of that name.
    """
    try:
        return frozenset(map(Capability, names))
    except ValueError as error:
        known = ", ".join(Capability)
        raise LabError(
            _("needs something unknown: {error}; there are {known}").format(error=error, known=known), object=object
        ) from error


def required_capabilities(source: str) -> Needs:
    """What the first line of a cell or a paragraph says that it needs; nothing where it says nothing.

    Raises:
        LabError: It names something unknown.
    """
    first = source.lstrip("\n").partition("\n")[0]
    match = _LINE.fullmatch(first)
    return parse(re.split(r"[,\s]+", match["names"]), object=first) if match else frozenset()


def reason(lacking: Needs, provider: str) -> str:
    """Why something is skipped, in one sentence."""
    capabilities = _(" and ").join(
        f"{capability} ({language.gettext(_MEANING[capability])})" for capability in sorted(lacking)
    )
    message = _("needs {wanted}, which a cluster of provider {provider} does not give")
    if Capability.BUILDS in lacking:  # whatever the cluster
        message = _("needs {wanted}, which takes Docker or buildah, and neither is there")
    return message.format(wanted=capabilities, provider=provider)


def without(script: str, has: Needs, skip: Callable[[str, Needs], None]) -> str:
    """The script without the paragraphs that need more; each keeps its lines, empty, so that errors count right.

    Args:
        script: Shell commands.
        has: What the cluster can do.
        skip: Told of each paragraph that is left out: its first command, and what it lacks.
    """
    return "".join(_remaining_paragraph(part, has, skip) for part in _paragraphs(script))


def register(ipython: Any, has: Needs, skip: Callable[[str, Needs], None]) -> None:  # noqa: ANN401 - IPython is untyped
    """Skip Python cells that need capabilities which the cluster lacks."""
    from IPython.core.magic import no_var_expand

    @no_var_expand
    def skip_cell(line: str) -> None:
        names, _colon, title = line.partition(":")
        skip(title, parse(names.split(), object=title))

    def transform(lines: Sequence[str]) -> list[str]:
        lacking = required_capabilities("".join(lines)) - has
        return [f"%skip_cell {' '.join(sorted(lacking))}:{first_command(''.join(lines))}\n"] if lacking else list(lines)

    register_transform(ipython, _TRANSFORM, transform)
    ipython.register_magic_function(skip_cell, magic_kind="line", magic_name="skip_cell")


def register_transform(ipython: Any, name: str, transform: Callable[[list[str]], list[str]]) -> None:  # noqa: ANN401
    """Register a transformation of cells, in the place of an earlier one of that name: a lab may be opened again."""
    transform.__qualname__ = name
    others = [each for each in ipython.input_transformers_cleanup if getattr(each, "__qualname__", "") != name]
    ipython.input_transformers_cleanup[:] = [*others, transform]


def first_command(source: str) -> str:
    """The first line of a cell that does something; empty where none does."""
    lines = (line.strip().rstrip("\\").rstrip() for line in source.splitlines())
    return next((line for line in lines if line and not line.startswith(_NOTHING_DONE)), "")


def _paragraphs(script: str) -> list[str]:
    """The script cut after each empty line; joined they are the script again."""
    ends = [match.end() for match in _PARAGRAPH.finditer(script)]
    return [script[start:end] for start, end in zip([0, *ends], [*ends, len(script)], strict=True)]


def _remaining_paragraph(paragraph: str, has: Needs, skip: Callable[[str, Needs], None]) -> str:
    lacking = required_capabilities(paragraph) - has
    if not lacking:
        return paragraph
    skip(first_command(paragraph), lacking)
    return "\n" * paragraph.count("\n")
