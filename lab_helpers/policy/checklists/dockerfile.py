"""A Dockerfile as the image that it makes: the instructions that count for what runs in the end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab_helpers.policy.checklists.evidence import Place, shortened
from lab_helpers.policy.files import File

__all__ = ["Dockerfile", "Instruction", "parse"]

_NAME = re.compile(r"\s*(?P<word>[A-Za-z]+)\s+(?P<rest>.*)", re.DOTALL)
_STAGE = re.compile(r"(?:--\S+\s+)*(?P<base>\S+)(?:\s+AS\s+(?P<stage>\S+))?\s*$", re.IGNORECASE)
_CONTINUED = re.compile(r"[\\`]\s*$")
_ARGUMENT = re.compile(r"\$\{?(?P<name>\w+)(?::-(?P<default>[^}]*))?\}?")


@dataclass(frozen=True)
class Instruction:
    """An instruction.

    Attributes:
        word: ``FROM``, ``USER``, … in capital letters.
        rest: What follows, its lines joined.
        line: Where it begins.
    """

    word: str
    rest: str
    line: int


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile.

    Attributes:
        path: Relative to the repository.
        instructions: All of them.
        final: Those that the last stage is made of, with those of the stages it is built on.
    """

    path: str
    instructions: tuple[Instruction, ...]
    final: tuple[Instruction, ...]

    def last(self, *words: str) -> Instruction | None:
        """The last instruction of the image that is one of some."""
        return next((each for each in reversed(self.final) if each.word in words), None)

    def place(self, instruction: Instruction) -> Place:
        """Where an instruction stands."""
        return Place(self.path, instruction.line, shortened(f"{instruction.word} {instruction.rest}"))

    def resolve(self, text: str) -> str:
        """A text with the defaults of build arguments and the variables that are set put in."""
        defaults: dict[str, str] = {}
        for each in self.instructions:
            if each.word in ("ARG", "ENV"):
                defaults |= dict(re.findall(r"(\w+)=[\"']?([^\s\"']*)", each.rest))
        return _ARGUMENT.sub(lambda match: defaults.get(match["name"]) or match["default"] or match[0], text)

    @property
    def base(self) -> str:
        """The image that all of it is built on."""
        first = next((each for each in self.final if each.word == "FROM"), None)
        stage = _STAGE.match(first.rest) if first else None
        return self.resolve(stage["base"]) if stage else ""

    @property
    def program(self) -> tuple[str, ...]:
        """What the image starts, as a list; empty where that is not written as one."""
        words: list[str] = []
        for each in filter(None, (self.last("ENTRYPOINT"), self.last("CMD"))):
            try:
                listed = json.loads(each.rest)
            except ValueError:
                return ()
            words += [str(word) for word in listed] if isinstance(listed, list) else []
        return tuple(words)


def parse(file: File) -> Dockerfile:
    """Read a Dockerfile."""
    instructions = tuple(_instructions(file.lines))
    return Dockerfile(file.path, instructions, tuple(_final(instructions)))


def _instructions(lines: Sequence[str]) -> Iterator[Instruction]:
    begun: list[str] = []
    first = 0
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("#") or (begun and not line.strip()):
            continue  # a comment may stand between continued lines
        first = first if begun else number
        begun.append(_CONTINUED.sub("", line))
        if _CONTINUED.search(line):
            continue
        match = _NAME.match(" ".join(part.strip() for part in begun))
        begun = []
        if match:
            yield Instruction(match["word"].upper(), match["rest"].strip(), first)


def _final(instructions: Sequence[Instruction]) -> list[Instruction]:
    stages: dict[str, list[Instruction]] = {}
    current: list[Instruction] = []
    for each in instructions:
        if each.word == "FROM" and (stage := _STAGE.match(each.rest)):
            current = [*stages.get(stage["base"].lower(), [each])]
            if stage["stage"]:
                stages[stage["stage"].lower()] = current
        else:
            current.append(each)
    return current
