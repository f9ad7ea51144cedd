"""What proves step 4.8: staging's values are in Git for whoever has an age key, and no longer for one who has left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import CheckContext, CheckFailed, Evidence, check, shell
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, git
from lab_helpers.workbook.learner.manifests import read_text
from labs.lab_04_deploy_repo.rendering import REPOSITORY

__all__ = ["closed_to_who_left"]

_REFERENCES = f"{REPOSITORY}/k8s/base/secrets"
_REFERENCE = ".env.example"
_ENCRYPTED = "_shared/secrets/sops/staging"
_RULES = "_shared/secrets/sops/.sops.yaml"
_VALUES = f"{REPOSITORY}/k8s/overlays/staging/secrets"
_OWN = "mine.agekey"
_COLLEAGUES = "colleague.agekey"
_ENCRYPT = f"SOPS_AGE_KEY_FILE=$PWD/{_OWN} {REPOSITORY}/_shared/scripts/env/sops_env.sh encrypt staging"
_DRAW = f"{REPOSITORY}/_shared/scripts/env/setup_env_secure.sh staging"
_PRIVATE = "AGE-SECRET-KEY-1"


@check("4.8")
def closed_to_who_left(lab: CheckContext) -> Evidence:
    """Git keeps staging's values for your key; a colleague who left opens none of them, and knows none any more."""
    rules = committed.read(lab.workspace, REPOSITORY, _RULES)
    references = sorted((lab.workspace / _REFERENCES).glob(f"*{_REFERENCE}"))
    encrypted = [_Encrypted(lab.workspace, file.name.removesuffix(_REFERENCE)) for file in references]
    for file in encrypted:
        committed.read(lab.workspace, REPOSITORY, file.path)
    _expect_no_private_key(lab)
    for file in encrypted:
        _expect_own(file)
    for file in encrypted:
        _expect_closed(file)
    former = {name for file in encrypted for name in _expect_changed(file)}
    return Evidence(
        in_Git=f"{REPOSITORY}/{_ENCRYPTED}",
        opens_for=_OWN,
        closed_for=_COLLEAGUES,
        drawn_anew=", ".join(sorted(former)),
        Git=str(rules),
    )


@dataclass(frozen=True)
class _Encrypted:
    """The values of a Secret, encrypted.

    Attributes:
        workspace: Where the learner works.
        name: The file's name without its suffixes: the project's, or with its server's after it.
    """

    workspace: Path
    name: str

    @property
    def path(self) -> str:
        """The file, relative to the repository."""
        return f"{_ENCRYPTED}/{self.name}.sops.env"

    @property
    def plain(self) -> str:
        """The file with the values that a deploy would use, relative to the workspace."""
        return f"{_VALUES}/{self.name}.env"

    def opened(self, key: str, commit: str = "HEAD") -> dict[str, str]:
        """What an age key opens of it, as a commit has it; nothing where it does not."""
        text = git.run(self.workspace / REPOSITORY, "show", f"{commit}:{self.path}")
        command = ["sops", "decrypt", "--input-type", "dotenv", "--output-type", "dotenv", "/dev/stdin"]
        opener = {"SOPS_AGE_KEY_FILE": str(self.workspace / key)}
        return dict(_assignments(shell.run(command, input=text, env=opener, check=False).stdout))

    def commits(self) -> list[str]:
        """The commits that changed it, the newest first."""
        return git.run(self.workspace / REPOSITORY, "log", "--format=%h", "--", self.path).split()


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#"):
            yield name, value


def _expect_no_private_key(lab: CheckContext) -> None:
    if _PRIVATE in git.run(lab.workspace / REPOSITORY, "log", "-p", "--all", "--format="):
        raise CheckFailed(
            _("no private key in any commit"),
            seen=_("one"),
            hint=_(
                "Only public keys (`age1…`) belong into the repository. With the private one beside what it opens, "
                "nothing is encrypted, and a commit stays: in earnest key and values would have to be made anew."
            ),
            next_step=f"git -C {REPOSITORY} log --oneline -S {_PRIVATE}",
        )


def _expect_own(file: _Encrypted) -> None:
    """Make sure that one's own key opens what a deploy would use."""
    values = file.opened(_OWN)
    if not values:
        raise CheckFailed(
            _("{file}, opened by {key}").format(file=file.path, key=_OWN),
            seen=_("it stays shut"),
            hint=_(
                "Who opens it is written in the file itself, when it is encrypted: those whom .sops.yaml names then."
            ),
            next_step=f"grep -h recipient {REPOSITORY}/{file.path}; age-keygen -y {_OWN}",
        )
    plain = read_text(file.workspace, file.plain) if (file.workspace / file.plain).is_file() else ""
    if values != dict(_assignments(plain)):
        raise CheckFailed(
            _("in Git the values that {file} has").format(file=file.plain),
            seen=_("others") if plain else _("no such file"),
            hint=_(
                "They were drawn anew since they were encrypted, or not decrypted here. Encrypt them once more, and "
                "commit."
            ),
            next_step=_ENCRYPT,
        )


def _expect_closed(file: _Encrypted) -> None:
    """Make sure that the one who left opens nothing of the newest commit."""
    if file.opened(_COLLEAGUES):
        raise CheckFailed(
            _("{file}, shut for {key}").format(file=file.path, key=_COLLEAGUES),
            seen=_("it opens"),
            hint=_(
                "The rules are read when something is encrypted. What is encrypted already goes on opening for "
                "whomever it was made for, until it is told otherwise: `sops updatekeys`, then `sops rotate`."
            ),
            next_step=f"SOPS_AGE_KEY_FILE=$PWD/{_OWN} sops --config {REPOSITORY}/{_RULES} updatekeys --yes "
            f"{REPOSITORY}/{file.path}",
        )


def _expect_changed(file: _Encrypted) -> list[str]:
    """The names of the values that the colleague knew, once none of them is in use any more."""
    former = [file.opened(_COLLEAGUES, commit) for commit in file.commits()]
    known = {value for values in former for value in values.values()}
    if not known:
        raise CheckFailed(
            _("an earlier commit of {file} that {key} opens").format(file=file.path, key=_COLLEAGUES),
            seen=_("none"),
            hint=_(
                "Somebody who could never read anything has not left. Run the cells of this step from the first on."
            ),
            next_step=f"git -C {REPOSITORY} log --oneline -- {file.path}",
        )
    unchanged = [name for name, value in file.opened(_OWN).items() if value in known]
    if unchanged:
        raise CheckFailed(
            _("another value of {name} in {file}").format(name=unchanged[0], file=file.path),
            seen=_("the one that your colleague could read"),
            hint=_(
                "What somebody has seen they know, and old commits open with the old key: `updatekeys` and `rotate` "
                "say who can read from now on, and take nothing back. Only another value does."
            ),
            next_step=f"rm -f {_VALUES}/*.env && {_DRAW} && {_ENCRYPT}",
        )
    return list(former[-1])
