"""What a command that failed has said, and what follows from it: the reason in a learner's words, and what to type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import language
from lab_helpers.errors import CheckFailed
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.workbook import manifests, mistakes

__all__ = ["Cause", "explain"]

_NAMESPACE = re.compile(r"(?:\s-n[ =]?|\s--namespace[ =])(?P<namespace>[a-z0-9-]+)")
_FILE = re.compile(r"\s-f[ =]?(?P<file>[^-\s|;&][^\s|;&]*)")
_DIRECTORY = re.compile(r"\s-k[ =]?(?P<directory>[^\s|;&]+)")
_UNDO = re.compile(r"rollout\s+undo\s+(?P<object>\S+)")
_IN_POD = "command terminated with exit code"
_MISSED = (
    r"(?P<file>[\w./-]+): No such file or directory",
    r"the path \"(?P<file>[^\"]+)\" does not exist",
    r"stat (?P<file>\S+): no such file",
)
_PROGRAMS = ("kubectl", "sed", "cat", "grep", "echo", "lab", "sleep", "kustomize", "tail", "head")


@dataclass(frozen=True)
class Cause:
    """Why a command failed.

    Attributes:
        said: The line in which it said so.
        hint: What that means here.
        next_step: A command, or a sentence.
    """

    said: str
    hint: str
    next_step: str


@dataclass(frozen=True)
class _Known:
    """Something that commands say when they fail; braces are filled with the groups of the pattern and ``{n}``."""

    pattern: re.Pattern[str]
    hint: str
    next_step: str


def _known(pattern: str, hint: str, next_step: str) -> _Known:
    return _Known(re.compile(pattern, re.IGNORECASE), hint, next_step)


# The first that fits counts. `{n}` is ` -n NAMESPACE` as the command had it, empty where it had none.
_KNOWN = (
    _known(
        r"localhost:8080|127\.0\.0\.1:8080",
        gettext_noop("kubectl does not know which cluster: the variable KUBECONFIG is not set, or its file is gone."),
        "lab status",
    ),
    _known(
        r"was refused - did you specify the right host|^Unable to connect to the server|^error: .*dial tcp "
        r"|TLS handshake timeout|http2: client connection lost|etcdserver: |couldn't get current server API group list"
        r"|^error: .*unexpected EOF|^error: .*context deadline exceeded",
        gettext_noop(
            "The API server does not answer. What was asked for before is still written down; whether the cluster "
            "runs, is starting again, or has ended is the first question."
        ),
        "lab status",
    ),
    _known(
        r"(?:\(AlreadyExists\):|failed to create \w+) (?P<kind>namespace)s \"(?P<name>[^\"]+)\" already exists",
        gettext_noop(
            "The namespace {name} is there already, perhaps from the last time this cell ran: nothing is lost."
        ),
        gettext_noop("Go on with the commands that come after it."),
    ),
    _known(
        r"(?:\(AlreadyExists\):|failed to create \w+) (?P<kind>[a-z.]+) \"(?P<name>[^\"]+)\" already exists",
        gettext_noop(
            "It is there already, perhaps from the last time this cell ran, and `create` makes only what is not there. "
            "If it is as it should be, go on with the commands that come after it; else delete it first."
        ),
        "kubectl{n} get {kind} {name}",
    ),
    _known(
        r"(?:\(NotFound\):|failed to create \w+) namespaces \"(?P<name>[^\"]+)\" not found",
        gettext_noop("There is no namespace {name}. Names count to the letter."),
        "kubectl get namespaces",
    ),
    _known(
        r"(?:\(NotFound\):|failed to create \w+) (?P<kind>[a-z.]+) \"(?P<name>[^\"]+)\" not found",
        gettext_noop(
            "There is no {name} among the {kind} of {namespace}. It may be in another namespace, have another name, "
            "or be gone: a pod that a Deployment replaced has a new name."
        ),
        "kubectl get {kind} --all-namespaces",
    ),
    _known(
        r"exceeded quota|violates PodSecurity",
        gettext_noop("The namespace has a rule that this object breaks; the message names the rule."),
        "kubectl{n} describe namespace,quota",
    ),
    _known(
        r"pod updates may not change fields|field is immutable|spec is immutable"
        r"|updates to \w+ spec for fields other than",
        gettext_noop(
            "The object is there already, and this part of it can never be changed: only deleted and made anew. "
            "Deleting a pod costs nothing; deleting a claim deletes its data. Or give your object another name."
        ),
        "{replace}",
    ),
    _known(
        r"\(Forbidden\): .*?(?P<who>User \"[^\"]+\") cannot",
        gettext_noop("The cluster knows you and does not let you do this: that is an administrator's decision."),
        "kubectl{n} auth can-i --list",
    ),
    _known(
        r"\(Unauthorized\)|must be logged in to the server",
        gettext_noop("The cluster does not know you (any more): the credentials in KUBECONFIG have expired."),
        "lab status",
    ),
    _known(
        r"unknown command \"(?P<word>[^\"]+)\" for \"kubectl",
        gettext_noop("kubectl has no command `{word}`."),
        "kubectl --help",
    ),
    _known(
        r"unknown (shorthand )?flag: (?P<word>.+)",
        gettext_noop("The command has no option {word}."),
        gettext_noop("Type the command with `--help` to see its options."),
    ),
    _known(
        r"doesn't have a resource type \"(?P<word>[^\"]+)\"",
        gettext_noop("The cluster has no kind of object called {word}."),
        "kubectl api-resources",
    ),
    _known(
        r"container not found|container \S+ is not running|cannot exec (into|in) a (container in a completed|deleted)"
        r"|is waiting to start|unable to upgrade connection",
        gettext_noop(
            "The container does not run at this moment: it is starting, restarting, or its pod is going away. "
            "A second ago, or in a second, this may be otherwise."
        ),
        "kubectl{n} get pods",
    ),
    _known(
        r"timed out waiting for the condition on (?P<object>\S+)",
        gettext_noop("It waited, and what it waited for did not come. Nothing is broken by that; the events say why."),
        "kubectl{n} describe {object}",
    ),
    _known(
        r"timed out waiting|exceeded its progress deadline",
        gettext_noop("It did not come up in time. Which pod is not Ready, and what do its events and its log say?"),
        "kubectl{n} get pods",
    ),
    _known(
        r"unknown field \"(?P<word>[^\"]+)\"",
        gettext_noop(
            "There is no field `{word}`: it is misspelt, or stands one level too high or too deep. Indents decide what "
            "belongs to what."
        ),
        gettext_noop("`kubectl explain pod.spec --recursive` shows all fields of a pod, and where they belong."),
    ),
    _known(
        r"The (?P<kind>\w+) \"(?P<name>[^\"]+)\" is invalid: (?P<field>[\w.\[\]]+)",
        gettext_noop("The API server has read it and refuses it, for the field {field}; the message says why."),
        gettext_noop("Mend that field in the file, then apply it again."),
    ),
    _known(
        r"no rollout history found|unable to find specified revision|no last revision to roll back to",
        gettext_noop("There is no revision to go back to."),
        "kubectl{n} rollout history deployment",
    ),
    _known(
        r"command terminated with exit code (?P<code>\d+)",
        gettext_noop("The command did reach the pod and ended there with {code}; what it said stands above."),
        gettext_noop("Mend what stands after `--`, and run the cell again."),
    ),
    _known(
        r": (?P<word>\w+): unbound variable",
        gettext_noop(
            "Nothing is called `${word}` here: a variable is misspelt, or was set in another cell or terminal."
        ),
        gettext_noop("Set it in this cell, or write its value."),
    ),
    _known(
        r"unexpected EOF while looking for matching|syntax error",
        gettext_noop("The shell cannot read the command: a quote or a bracket is open, or one too many."),
        gettext_noop("Mend the line it names, and run the cell again."),
    ),
    _known(r"no space left on device", gettext_noop("The disk is full."), "df -h"),
)


def explain(script: str, command: str, output: list[str], directory: Path) -> Cause:
    """What follows from a failure.

    Args:
        script: The cell.
        command: The command that failed, where bash has named it; else empty.
        output: What was printed, line by line, without what the lab itself said of it.
        directory: Where the commands ran.
    """
    lines = [line for line in output if line.strip()]
    cause = (
        _unreadable(command or script, lines, directory)
        or _missing_program(lines)
        or _missing_file(lines, directory)
        or _by_words(command or script, lines)
        or Cause(lines[-1] if lines else "", "", _("Mend the command, and run the cell again."))
    )
    return _after_undo(script, output, cause)


def _by_words(command: str, lines: list[str]) -> Cause | None:
    for known in _KNOWN:
        for line in reversed(lines):
            match = known.pattern.search(line)
            if match is not None:
                told = {**match.groupdict(), **_context(command)}
                hint, next_step = (language.gettext(text).format(**told) for text in (known.hint, known.next_step))
                return Cause(line, hint, next_step)
    return None


def _context(command: str) -> dict[str, str]:
    namespace, file = _NAMESPACE.search(command), _FILE.search(command)
    return {
        "n": f" -n {namespace['namespace']}" if namespace else "",
        "namespace": namespace["namespace"] if namespace else _("default, for the command names no namespace"),
        "replace": f"kubectl replace --force -f {file['file']}" if file else _("Delete it, then run the cell again."),
    }


def _unreadable(command: str, lines: list[str], directory: Path) -> Cause | None:
    """A manifest or kustomization that was to be applied cannot be read: say which line it is."""
    named, overlay = _FILE.search(command), _DIRECTORY.search(command)
    try:
        if overlay is not None:
            manifests.expect_kustomization(directory, overlay["directory"].rstrip("/"))
        elif named is not None and "://" not in named["file"]:
            manifests.read(directory, named["file"])
    except CheckFailed as error:
        return Cause(lines[-1] if lines else "", f"{error.seen}\n{error.hint}", error.next_step)
    return None


def _missing_program(lines: list[str]) -> Cause | None:
    for line in reversed(lines):
        match = re.search(r"(?:line \d+: |^)(?P<word>[\w./-]+): command not found", line)
        if match is not None:
            meant = mistakes.similar(match["word"], _PROGRAMS)
            hint = _("There is no program {word}.").format(word=match["word"])
            if meant:
                hint = _("There is no program {word}. Was {meant} meant?").format(word=match["word"], meant=meant)
            return Cause(line, hint, _("Mend the command, and run the cell again."))
    return None


def _missing_file(lines: list[str], directory: Path) -> Cause | None:
    if any(_IN_POD in line for line in lines):  # there it was missed
        return None
    for line in reversed(lines):
        match = next((match for pattern in _MISSED if (match := re.search(pattern, line))), None)
        if match is not None:
            near = [path.name for path in (directory / match["file"]).parent.glob("*")]
            meant = mistakes.similar(Path(match["file"]).name, near)
            hint = _("There is no {file} in {directory}.").format(file=match["file"], directory=directory)
            if meant:
                hint = f"{hint} {_('There is {meant}.').format(meant=meant)}"
            next_step = _("`ls` shows what is there; `lab reset {file}` brings back a file of the notebook.")
            return Cause(line, hint, next_step.format(file=match["file"]))
    return None


def _after_undo(script: str, output: list[str], cause: Cause) -> Cause:
    """Running a cell again that has gone back already would go forward again, to the bad release."""
    undo = _UNDO.search(script)
    if undo is None or not any(" rolled back" in line for line in output):
        return cause
    hint = _(
        "The undo itself has been done before this failed. Do not run the cell again: a second undo goes forward, to "
        "the release that you came from."
    )
    next_step = f"kubectl{_context(script)['n']} rollout status {undo['object']}"
    return Cause(cause.said, f"{cause.hint}\n{hint}".strip(), next_step)
