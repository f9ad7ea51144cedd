"""What proves step 2.4: an image that starts without a shell and as nobody, of layers that are used again."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import committed, git
from labs.lab_02_app_repo import registered
from labs.lab_02_app_repo.registered import Image
from labs.lab_02_app_repo.splitting import APP, expect_repository

__all__ = ["built_in_layers", "layers"]

_SHELLS = ("sh", "bash", "ash", "dash")
_AGAIN = f"cd {APP} && scripts/ci.sh build && scripts/ci.sh push"
_LETTERS = 60


@check("2.4", seconds=20)
def built_in_layers(lab: CheckContext) -> Evidence:
    """The image starts without a shell and as nobody, and a change of the source rebuilds one layer."""
    expect_repository(lab.workspace, APP)
    commit = committed.read(lab.workspace, APP, "Dockerfile")
    images = registered.images_of_commits(lab)
    newest = images[0]
    _expect_program(newest)
    _expect_nobody(newest)
    _expect_no_settings(newest)
    earlier = _earlier(lab, images)
    rebuilt = _rebuilt(earlier, newest)
    _expect_one(rebuilt)
    return Evidence(
        starts=" ".join(newest.settings.get("Cmd") or []),
        user=newest.settings["User"],
        images=f"{earlier.tag}, {newest.tag}",
        layers_shared=len(newest.layers) - len(rebuilt),
        layers_rebuilt=len(rebuilt),
        Git=str(commit),
    )


def layers(lab: CheckContext) -> Table:
    """The layers of the newest image, and which of them the one before has too."""
    images = registered.images_of_commits(lab)
    newest, before = images[0], {content for _instruction, content in images[1].layers} if len(images) > 1 else set()
    rows = [
        (str(number), _short(instruction), content[7:19], _("the same") if content in before else _("built anew"))
        for number, (instruction, content) in enumerate(newest.layers, start=1)
    ]
    return Table((_("layer"), _("made by"), _("content"), images[1].tag if len(images) > 1 else "-"), rows)


def _short(instruction: str) -> str:
    text = instruction.removeprefix("/bin/sh -c ").removeprefix("#(nop) ").strip()
    return text if len(text) <= _LETTERS else f"{text[:_LETTERS]}…"


def _expect_program(image: Image) -> None:
    settings = image.settings
    command = [*(settings.get("Entrypoint") or []), *(settings.get("Cmd") or [])]
    program = command[0].rpartition("/")[2] if command else ""
    if program in _SHELLS:
        raise CheckFailed(
            _("node as the process that gets the signals"),
            seen=" ".join(command),
            hint=_(
                "Without brackets the line is the shell's: it becomes the first process, gets the SIGTERM, and passes "
                "it on to nobody. Every rollout then waits until time is up, and cuts off what is under way. With "
                "brackets, each word in quotes, the program is started itself."
            ),
            next_step=f"grep -n CMD {APP}/Dockerfile",
        )
    if program in ("npm", "npx", "yarn", "pnpm"):
        raise CheckFailed(
            _("node as the process that gets the signals"),
            seen=" ".join(command),
            hint=_(
                "{program} starts a shell that starts node: three processes, of which the wrong one is told to end. It "
                "is for developers; an image names the program."
            ).format(program=program),
            next_step=f"grep -n CMD {APP}/Dockerfile",
        )


def _expect_nobody(image: Image) -> None:
    user = str(image.settings.get("User") or "").partition(":")[0]
    if user in ("", "root", "0"):
        raise CheckFailed(
            _("a user who is not root"),
            seen=user or _("none is named, and so it is root"),
            hint=_(
                "Whoever breaks into the process is root in the container, and one mistake of the kernel's away from "
                "being root on the node. A cluster that enforces `restricted` does not even start it."
            ),
            next_step=f"grep -n USER {APP}/Dockerfile",
        )
    if not user.isdigit():
        raise CheckFailed(
            _("the user as a number"),
            seen=user,
            hint=_(
                "A name may be anybody: which number it has stands in the image's /etc/passwd, and the kubelet does "
                "not look there. With `runAsNonRoot` it says: `image has non-numeric user`, and starts nothing."
            ),
            next_step=f"grep -n USER {APP}/Dockerfile",
        )


def _expect_no_settings(image: Image) -> None:
    baked = [
        entry
        for entry in image.settings.get("Env") or []
        if entry.partition("=")[0] in ("UNIT_PRICE", "DATA_DIR", "CACHE_DIR", "HOST", "API_KEY", "DATABASE_URL")
    ]
    if baked:
        raise CheckFailed(
            _("no setting in the image"),
            seen=", ".join(entry.partition("=")[0] for entry in baked),
            hint=_(
                "The image runs in every environment, so it holds the value of none: what is in it needs a new build "
                "to be changed, and a missing setting is never noticed."
            ),
            next_step=f"grep -n ENV {APP}/Dockerfile",
        )


def _earlier(lab: CheckContext, images: Sequence[Image]) -> Image:
    """The image before the newest one that was built of another source."""
    directory = lab.workspace / APP
    source = git.run(directory, "rev-parse", f"{images[0].revision}:src")
    for image in images[1:]:
        if git.run(directory, "rev-parse", f"{image.revision}:src") != source and _is_by_same(lab, image, images[0]):
            return image
    raise CheckFailed(
        _("a second image, of the same Dockerfile and another source"),
        seen=", ".join(image.tag for image in images),
        hint=_("What a change costs is seen when something is changed: one line below src, a commit, a build, a push."),
        next_step=_AGAIN,
    )


def _is_by_same(lab: CheckContext, image: Image, newest: Image) -> bool:
    files = [
        [
            git.run(lab.workspace / APP, "rev-parse", f"{each.revision}:{name}")
            for name in ("Dockerfile", "package-lock.json")
        ]
        for each in (image, newest)
    ]
    return files[0] == files[1]


def _rebuilt(earlier: Image, newest: Image) -> list[str]:
    known = {content for _instruction, content in earlier.layers}
    return [instruction for instruction, content in newest.layers if content not in known]


def _expect_one(rebuilt: Sequence[str]) -> None:
    if len(rebuilt) > 1:
        raise CheckFailed(
            _("one layer that was built anew, that of the source"),
            seen="; ".join(map(_short, rebuilt)),
            hint=_(
                "A layer is used again as long as everything before it is the same. Here the source is copied before "
                "the packages are installed, so that one changed line installs all of them again, on every machine, "
                "and every node pulls them again. First what seldom changes: package.json and package-lock.json, npm "
                "ci, then src."
            ),
            next_step=f"grep -nE 'COPY|RUN' {APP}/Dockerfile",
        )
