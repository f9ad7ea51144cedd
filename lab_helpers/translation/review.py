"""Check translations for differences from the English in what must be the same in every language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from polib import POEntry

__all__ = ["SAME", "faults"]

SAME = "as in English"
"""The translator's comment on a message that is rightly the same in both languages: a name, a unit."""

_FIELD = re.compile(r"{\w*(?:![rsa])?(?::[^{}]*)?}")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_TAG = re.compile(r"</?\w+")
_CODE = re.compile(r"`[^`]+`")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
# This many consecutive English words are untranslated text; fewer may be a name.
_RUN = 4
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def faults(entry: POEntry) -> list[str]:
    """The faults of a catalogue's entry, one sentence each; empty if there are none."""
    if entry.fuzzy:
        return ["the English text was changed since: look at the translation, then remove the word fuzzy"]
    if not entry.translated():
        return ["not translated"]
    translations = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
    return [fault for text in translations for fault in _compare(entry, text)]


def _compare(entry: POEntry, text: str) -> Iterator[str]:
    source = entry.msgid_plural or entry.msgid
    yield from _differences("field", _FIELD.findall(source), _FIELD.findall(text))
    if (source[:1].isspace(), source[-1:].isspace()) != (text[:1].isspace(), text[-1:].isspace()):
        yield "begins or ends with a blank where the English does not, or the other way round"
    if entry.msgctxt:
        yield from _compare_cells(_ProseShape.read(source), _ProseShape.read(text))
    else:
        yield from _differences("code", _CODE.findall(source), _CODE.findall(text))
    if entry.tcomment != SAME:
        yield from _untranslated(source, text)
    for number in sorted(set(_NUMBER.findall(source)) - set(_NUMBER.findall(text))):
        yield f"number is missing: {number}"


@dataclass(frozen=True)
class _ProseShape:
    """The parts of a Markdown cell that are the same in every language."""

    shape: Sequence[str]
    code: Sequence[str]
    links: Sequence[str]
    emphasis: Sequence[str]

    @classmethod
    def read(cls, text: str) -> _ProseShape:
        blocks = _MARKDOWN.parse(text)
        inline = [child for block in blocks for child in block.children or []]
        return cls(
            shape=[part for block in blocks for part in _parts(block)],
            code=[token.content for token in inline if token.type == "code_inline"],
            links=[str(token.attrs.get("href") or token.attrs.get("src")) for token in inline if token.attrs],
            emphasis=[token.markup for token in inline if token.type in ("strong_open", "em_open")],
        )


def _parts(block: Token) -> list[str]:
    """The structure of a block; code blocks with their content."""
    if block.type in ("fence", "code_block"):
        return [block.content]
    if block.type == "html_block":
        return _TAG.findall(block.content)
    if block.type == "inline":
        tags = [child.content for child in block.children or [] if child.type == "html_inline"]
        return tags if block.content else ["nothing"]
    return [f"{block.type} {block.tag}"]


def _compare_cells(source: _ProseShape, translation: _ProseShape) -> Iterator[str]:
    if source.shape != translation.shape:
        at = next((i for i, (a, b) in enumerate(zip(source.shape, translation.shape, strict=False)) if a != b), -1)
        difference = f": {source.shape[at]!r} became {translation.shape[at]!r}" if at >= 0 else ""
        yield f"its headings, paragraphs, lists, tables or tags are not those of the English{difference}"
    yield from _differences("code", source.code, translation.code)
    yield from _differences("link", source.links, translation.links)
    yield from _differences("emphasis", source.emphasis, translation.emphasis)


def _differences(kind: str, source: Sequence[str], translation: Sequence[str]) -> Iterator[str]:
    expected, actual = Counter(source), Counter(translation)
    for missing in (expected - actual).elements():
        yield f"{kind} is missing: {missing}"
    for extra in (actual - expected).elements():
        yield f"{kind} is not in the English: {extra}"


def _untranslated(source: str, text: str) -> Iterator[str]:
    """Report untranslated English: the whole text, or consecutive words."""
    if text == source and _WORD.search(_words_only(source)):
        yield f"still English; if it is meant to be, say so above it: # {SAME}"
    common = _runs(text) & _runs(source)
    if common and text != source:
        yield f"still English: {min(common)}"


def _words_only(text: str) -> str:
    """The text without code, fields, tags and link targets."""
    return re.sub(r"```.*?```|`[^`]+`|{[^{}]*}|<[^>]+>|\]\([^)]*\)", "|", text, flags=re.DOTALL)


def _runs(text: str) -> set[str]:
    pieces = re.split(r"[^A-Za-z'’\s-]+", _words_only(text))
    words = (_WORD.findall(piece.lower()) for piece in pieces)
    return {" ".join(piece_words[i : i + _RUN]) for piece_words in words for i in range(len(piece_words) - _RUN + 1)}
