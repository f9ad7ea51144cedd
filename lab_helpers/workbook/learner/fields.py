"""A place in a YAML file that a learner may have edited; whatever is wrong with it is a card with file and line."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from lab_helpers.errors import CheckFailed
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import mistakes

__all__ = ["Field", "broken"]

_TEXT = "tag:yaml.org,2002:str"


class Field:
    """A place in a learner's file: what stands there, and on which line.

    Values are text as it was typed: a tag like ``1.10`` is no number.

    Args:
        name: The file, relative to the workspace.
        lines: The file's lines.
        node: What stands there.
        path: Its path in the file, as in ``images[0].newTag``; empty for the whole file.
    """

    def __init__(self, name: str, lines: Sequence[str], node: yaml.Node, path: str = "") -> None:
        self.name = name
        self._lines = lines
        self._node = node
        self._path = path

    def __getitem__(self, key: str) -> Field:
        """What stands under a key.

        Raises:
            CheckFailed: This is no mapping, or has no such key, or has it twice.
        """
        if not isinstance(self._node, yaml.MappingNode):
            raise self._wrong(
                _("{field} to be a mapping, with a line `{key}:`").format(field=self.path, key=key), self._kind
            )
        values = [value for name, value in self._node.value if name.value == key]
        if len(values) == 1:
            return Field(self.name, self._lines, values[0], f"{self._path}.{key}".lstrip("."))
        if values:
            hint = _("`{key}` stands there twice, and which one counts is nobody's promise: keep one.").format(key=key)
            raise self._at(values[1], _("one `{key}`").format(key=key), hint)
        raise self._missing(key)

    def has(self, key: str) -> bool:
        """Whether this is a mapping with such a key."""
        return isinstance(self._node, yaml.MappingNode) and any(name.value == key for name, _v in self._node.value)

    def entries(self, key: str) -> list[Field]:
        """The entries of a list under a key; none where there is no such key.

        Raises:
            CheckFailed: This is no mapping, or something else stands under the key.
        """
        if isinstance(self._node, yaml.MappingNode) and not self.has(key):
            return []
        return self[key].items()

    def items(self) -> list[Field]:
        """The entries of a list.

        Raises:
            CheckFailed: This is no list.
        """
        if not isinstance(self._node, yaml.SequenceNode):
            raise self._wrong(_("{field} to be a list: lines that begin with `- `").format(field=self.path), self._kind)
        return [
            Field(self.name, self._lines, node, f"{self._path}[{number}]")
            for number, node in enumerate(self._node.value)
        ]

    @property
    def text(self) -> str:
        """The value as it was typed.

        Raises:
            CheckFailed: There is none.
        """
        if not isinstance(self._node, yaml.ScalarNode):
            raise self._wrong(_("one value for {field}").format(field=self.path), self._kind)
        if not self._node.value.strip():
            raise self._wrong(_("a value for {field}").format(field=self.path), _("nothing after the colon"))
        return str(self._node.value)

    def expect_structure(self) -> None:
        """Make sure that this is a mapping or a list, as every manifest and every patch is.

        Raises:
            CheckFailed: It is a mere word.
        """
        if isinstance(self._node, yaml.ScalarNode):
            raise self._wrong(_("lines of the kind `key: value` in {file}").format(file=self.name), self._kind)

    def expect_no_number(self, key: str) -> None:
        """Make sure that what stands under a key, if anything does, is a text to whoever reads YAML.

        Raises:
            CheckFailed: It is a number, or a word like ``yes`` that means something else.
        """
        value = next((value for name, value in self._node.value if name.value == key), None)
        if isinstance(value, yaml.ScalarNode) and value.value and value.tag != _TEXT:
            hint = _("Without quotes YAML does not take this for a text. If it is what you mean: `{key}: '{value}'`.")
            expected = _("a text for {field}").format(field=f"`{self._path}.{key}`")
            raise self._at(value, expected, hint.format(key=key, value=value.value))

    @property
    def path(self) -> str:
        """Its path in the file, for a sentence."""
        return f"`{self._path}`" if self._path else self.name

    @property
    def _kind(self) -> str:
        if isinstance(self._node, yaml.ScalarNode):
            return f"`{self._node.value}`" if self._node.value else _("nothing")
        return _("a list") if isinstance(self._node, yaml.SequenceNode) else _("a mapping")

    def _missing(self, key: str) -> CheckFailed:
        """There is no such key: most often it stands elsewhere, or is misspelt."""
        expected = _("a line `{key}:` in {field}").format(key=key, field=self.path)
        keys = [name.value for name, _value in self._node.value]
        line = next((n for n, text in enumerate(self._lines) if text.lstrip(" -").startswith(f"{key}:")), None)
        if line is not None:
            hint = _("`{key}` is there, but its indent makes it part of something else: it belongs under {field}.")
            return broken(self.name, self._lines, line, expected, hint.format(key=key, field=self.path))
        similar_key = mistakes.similar(key, keys)
        hint = (
            _("Is `{meant}` it? Names count to the letter.").format(meant=similar_key)
            if similar_key
            else _("It is missing.")
        )
        return self._at(self._node, expected, hint)

    def _wrong(self, expected: str, observed: str) -> CheckFailed:
        hint = _("{field} holds {seen}.").format(field=self.path, seen=observed)
        return self._at(self._node, expected, hint)

    def _at(self, node: yaml.Node, expected: str, hint: str) -> CheckFailed:
        return broken(self.name, self._lines, node.start_mark.line, expected, hint)


def broken(name: str, lines: Sequence[str], line: int, expected: str, hint: str) -> CheckFailed:
    """A failure at a line of a file, which is shown with its tabs as what they are."""
    shown = lines[line].replace("\t", "⇥") if line < len(lines) else ""
    observed = _("{file}, line {line}: {text}").format(file=name, line=line + 1, text=f"`{shown}`")
    return CheckFailed(expected, seen=observed, hint=hint, next_step=f"sed -n '{max(line - 2, 1)},{line + 3}p' {name}")
