"""What proves step 2.6: the image, pulled back by its digest, answers all it has accepted when it is ended."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner.manifests import read_text
from labs.lab_02_app_repo import releasing
from labs.lab_02_app_repo.registered import Image
from labs.lab_02_app_repo.splitting import APP, expect_repository

__all__ = ["ends_without_a_loss"]

_NAMESPACE, _POD = "lab-02", "pod/prj-02"
_LOG = "end.log"
_REQUESTS = 3
_GRACE_SECONDS = 12


@check("2.6", seconds=20)
def ends_without_a_loss(lab: CheckContext) -> Evidence:
    """Pulled by its digest, the image answers all that it has accepted when it is told to end, and ends by itself."""
    expect_repository(lab.workspace, APP)
    image = releasing.expect_released(lab, str(lab.vary["release"]))
    pulled = _pulled(lab, image)
    lines = _lines(lab)
    draining = _line(lines, "draining")
    drained = _line(lines, "drained")
    if draining is None:
        raise CheckFailed(
            _("SIGTERM to reach the application"),
            seen=_("no line `draining` in {file}").format(file=_LOG),
            hint=_never_told(),
            next_step=_again(),
        )
    answered = [line for line in lines if line.get("path") == "/slow" and lines.index(line) > lines.index(draining)]
    if drained is None or len(answered) < _REQUESTS:
        raise CheckFailed(
            _("{count} requests answered after SIGTERM, then `drained`").format(count=_REQUESTS),
            seen=_("{count} answered; last line: {last}").format(count=len(answered), last=lines[-1].get("message")),
            hint=(not answered and _refused(lab))
            or _(
                "What is accepted is answered, if there is time: was the pod forced, or were the requests not under "
                "way when it was deleted?"
            ),
            next_step=_again(),
        )
    seconds = _at(drained) - _at(draining)
    return Evidence(
        pulled=pulled,
        digest=image.digest,
        requests=_("{count} accepted, {count} answered").format(count=len(answered)),
        from_SIGTERM_to_the_end=_("{seconds:.1f} s, of the {grace} s allowed").format(
            seconds=seconds, grace=_GRACE_SECONDS
        ),
        ended=_("by itself"),
    )


def _pulled(lab: CheckContext, image: Image) -> str:
    """What the node says of the pull, which has to be by the digest that was pushed."""
    messages = [event.message for event in lab.client.events(_NAMESPACE, _POD)]
    pulls = [message for message in messages if "image" in message and ("pulled" in message or "present" in message)]
    if any(image.digest in message for message in pulls):
        return f"…/org/prj-02@{image.digest[:19]}…"
    named = next((message for message in reversed(pulls)), "")
    raise CheckFailed(
        _("a pod of the image {digest}").format(digest=image.digest),
        seen=named or next(iter(reversed(messages)), _("no such pod, and no event of one")),
        hint=_why_not_pulled(messages),
        next_step=_again(),
    )


def _why_not_pulled(messages: list[str]) -> str:
    said = " ".join(messages)
    if "non-root" in said:
        return _("The image names no number as its user, and this pod must not be root: step 2.4.")
    if "DIGEST" in said or "InvalidImageName" in said or "invalid reference" in said:
        return _("DIGEST in pod.yaml stands for what `push` has printed after the @: sha256:… and 64 digits.")
    return _(
        "A tag says what somebody has called an image, the digest what it is: it is the hash of all that is in it. "
        "What was pulled by it is what you pushed, whoever stands in between."
    )


def _lines(lab: CheckContext) -> list[dict[str, Any]]:
    file = lab.workspace / _LOG
    if not file.exists():
        raise CheckFailed(
            _("the pod's log in {file}").format(file=_LOG),
            seen=_("no such file"),
            hint=_refused(lab) or _("The drill writes it: attach first, then delete the pod."),
            next_step=_again(),
        )
    text = read_text(lab.workspace, _LOG)
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")] or [{}]


def _refused(lab: CheckContext) -> str:
    said = " ".join(event.message for event in lab.client.events(_NAMESPACE, _POD))
    if "connection refused" not in said:
        return ""
    return _(
        "The probe says `connection refused`: the application listens on 127.0.0.1, which in a pod is the pod's own "
        "loopback. `kubectl exec` reaches it there, and nobody else does. An image listens on every address."
    )


def _never_told() -> str:
    return _(
        "The first process of the container got the signal, and it was not node: a shell in between keeps it for "
        "itself, and after {grace} s all of it is killed. Does pod.yaml have a `command:` over the image's own?"
    ).format(grace=_GRACE_SECONDS)


def _line(lines: list[dict[str, Any]], message: str) -> dict[str, Any] | None:
    return next((line for line in lines if line.get("message") == message), None)


def _at(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["time"]).timestamp()


def _again() -> str:
    return _("Run the cell of this step that begins with `digest=`.")
