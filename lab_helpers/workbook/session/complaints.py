"""Error messages of kubectl, git and bash as patterns, each with what a learner should know and type."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab_helpers.language import gettext_noop

__all__ = ["COMPLAINTS", "ENDED_IN_POD", "NO_FILE", "NO_PROGRAM", "NO_VALUES", "ROLLED_BACK", "Complaint"]

ENDED_IN_POD = "command terminated with exit code"
"""The message of `kubectl exec` for a command that failed in the pod."""

ROLLED_BACK = " rolled back"
"""The message of `kubectl rollout undo` on success."""

NO_PROGRAM = re.compile(r"(?:line \d+: |^)(?P<word>[\w./-]+): command not found")
NO_FILE = (
    re.compile(r"(?P<file>[\w./-]+): No such file or directory"),
    re.compile(r"the path \"(?P<file>[^\"]+)\" does not exist"),
    re.compile(r"stat (?P<file>\S+): no such file"),
)
NO_VALUES = re.compile(r"env source files: \[(?P<file>[^\]]+\.env)\].*no such file", re.IGNORECASE)
"""What kustomize says of a file of secret values that was not drawn."""


@dataclass(frozen=True)
class Complaint:
    """An error message of commands.

    Attributes:
        pattern: Finds it in a line.
        hint: What it means; braces are filled with the groups of the pattern, and with what the command itself named.
        next_step: A command, or a sentence; braces are filled likewise.
    """

    pattern: re.Pattern[str]
    hint: str
    next_step: str


def _known(pattern: str, hint: str, next_step: str) -> Complaint:
    return Complaint(re.compile(pattern, re.IGNORECASE), hint, next_step)


# The first that fits counts. `{n}` is ` -n NAMESPACE` as the command had it, empty where it had none.
COMPLAINTS = (
    _known(
        r"localhost:8080|127\.0\.0\.1:(?:8080|0)\b",  # kubectl's own default, and what KUBERNETES_MASTER says here
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
        r"error parsing (?P<file>\S+): error converting YAML to JSON: yaml: line (?P<line>\d+)",
        gettext_noop(
            "{file} is no YAML: at or just before line {line} an indent, a colon or a quotation mark is not as it "
            "should be. A tab never is: YAML indents by blanks."
        ),
        "kubectl apply --dry-run=client -f {file}",
    ),
    _known(
        r"(?:\(NotFound\):(?: error when creating \"[^\"]+\":)?|failed to create \w+) "
        r"namespaces \"(?P<name>[^\"]+)\" not found",
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
        r"another operation \(install/upgrade/rollback\) is in progress",
        gettext_noop(
            "A helm that was killed, or that still runs in a terminal, has left the release pending. Where none runs "
            "any more, delete its record of that, and run the cell again: it goes on from the revision before."
        ),
        "kubectl{n} delete secret -l 'owner=helm,status in (pending-install,pending-upgrade,pending-rollback)'",
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
    _known(
        r"^fatal: not a git repository",
        gettext_noop("Here is no Git repository. The Deploy repository is in infra: `git -C infra` works in it."),
        "git -C infra status",
    ),
    _known(
        r"^nothing to commit|^nothing added to commit",
        gettext_noop(
            "In this repository nothing has changed since its last commit, so there is nothing to commit: nothing is "
            "lost. A change of another repository's files is committed there."
        ),
        gettext_noop("If it is the repository that you meant, go on with the commands that come after it."),
    ),
    _known(
        r"^no changes added to commit",
        gettext_noop("Files have changed, and none was added. `git commit -a` takes all that Git knows."),
        "git -C infra status",
    ),
    _known(
        r"^Aborting commit due to empty commit message",
        gettext_noop("A commit says what it is for, with `-m '…'`: nobody can write into an editor here."),
        gettext_noop("Type the command with `-m` and a few words."),
    ),
    _known(
        r"Please tell me who you are|empty ident name",
        gettext_noop("Git does not know whose commit this is: this shell was not told by the lab."),
        'eval "$(lab env)"',
    ),
    _known(
        r"Unable to create '(?P<lock>[^']+\.lock)': File exists",
        gettext_noop(
            "Another git is at work in this repository, or one was killed and has left its lock behind. A `git commit` "
            "whose editor is open in a terminal is at work: in vi, `:wq` and Enter end it."
        ),
        gettext_noop("rm -f {lock}   # where none is"),
    ),
    _known(
        r"local changes would be overwritten|local changes to the following files would be overwritten",
        gettext_noop("What you have changed and not committed stands in the way. Commit it first, or take it back."),
        "git -C infra status",
    ),
    _known(
        r"^error: could not (?:revert|apply) |^CONFLICT \(",
        gettext_noop(
            "What came later has changed the same lines. Git waits until you have mended the file, or given up."
        ),
        "git -C infra status",
    ),
    _known(r"no space left on device", gettext_noop("The disk is full."), "df -h"),
)
