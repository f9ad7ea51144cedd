"""Where the word of step 3.3 was written, if not where it belongs: each mistake is found and named."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.errors import Forbidden
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe.volume import read_nonce

__all__ = ["claims", "expect_mounted", "expect_none_elsewhere", "expect_word", "is_mounted"]

_NAMESPACE = "lab-03"
_WITHOUT_N = "default"
_MOUNT = "/data"
_FILE = f"{_MOUNT}/nonce"


def claims(pod: Object) -> list[str]:
    """The claims among a pod's volumes."""
    volumes = pod["spec"].get("volumes", [])
    return [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume]


def expect_none_elsewhere(lab: CheckContext, claim: str) -> None:
    """Make sure that no pod asks for the claim in the namespace where commands and manifests without one land.

    Raises:
        CheckFailed: One does.
    """
    try:
        pods = lab.client.list("pod", _WITHOUT_N)
    except Forbidden:  # somebody else's cluster
        return
    for pod in pods:
        if claim in claims(pod):
            name = pod["metadata"]["name"]
            raise CheckFailed(
                _("a pod in {namespace} that mounts the claim trial").format(namespace=_NAMESPACE),
                seen=_("pod/{name} in namespace {namespace}").format(name=name, namespace=_WITHOUT_N),
                hint=_(
                    "pod/{name} names the claim, and is in another namespace: a pod finds only what lies in its own. "
                    "Without `namespace: {namespace}` below `metadata:` an object lands in {without_n}."
                ).format(name=name, namespace=_NAMESPACE, without_n=_WITHOUT_N),
                next_step=f"kubectl -n {_WITHOUT_N} describe pod {name}",
            )


def expect_mounted(pod: Object, claim: str) -> None:
    """Make sure that a container of the pod has the claim at ``/data``.

    Raises:
        CheckFailed: It has it elsewhere, or not at all.
    """
    if is_mounted(pod, claim):
        return
    places = _places(pod, claim)
    elsewhere = _(
        "The claim is mounted at {place}. What is written to {mount} then goes into the container itself, and is gone "
        "with it: `mountPath` decides. A pod's mounts cannot be changed: delete the pod, mend its file, apply it."
    )
    nowhere = _(
        "The claim is among the pod's `volumes`, and no container has it in its `volumeMounts`: the first says what "
        "there is, the second where a container sees it. A pod's mounts cannot be changed: delete the pod, mend its "
        "file, apply it."
    )
    raise CheckFailed(
        _("the claim trial mounted at {mount}").format(mount=_MOUNT),
        seen=_("mounted at {places}").format(places=", ".join(places)) if places else _("mounted nowhere"),
        hint=(elsewhere if places else nowhere).format(place=", ".join(places), mount=_MOUNT),
        next_step=f"kubectl -n {_NAMESPACE} get pod {pod['metadata']['name']} -o yaml",
    )


def is_mounted(pod: Object, claim: str) -> bool:
    """Whether a container of the pod has the claim at ``/data``."""
    return _MOUNT in [place.rstrip("/") for place in _places(pod, claim)]


def _places(pod: Object, claim: str) -> list[str]:
    """Where the containers of a pod that names a claim have it."""
    volumes = pod["spec"]["volumes"]
    volume = next(item["name"] for item in volumes if item.get("persistentVolumeClaim", {}).get("claimName") == claim)
    mounts = [mount for container in pod["spec"]["containers"] for mount in container.get("volumeMounts", [])]
    return [mount["mountPath"] for mount in mounts if mount["name"] == volume]


def expect_word(lab: CheckContext, pod: Object) -> None:
    """Make sure that the word of this session is in the claim.

    Raises:
        CheckFailed: It is not; says what is there, or where else the word is.
    """
    name = pod["metadata"]["name"]
    content = read_nonce(lab.client, name, _NAMESPACE, _FILE)
    written = (content or "").strip()
    if written == lab.nonce:
        return
    if content is None:
        observed, hint = _unwritten(lab)
    elif not written:
        observed, hint = _empty()
    elif written.lstrip("$").strip("{}()") == "NONCE":
        observed, hint = _unfilled(written)
    else:
        observed, hint = _another(written)
    raise CheckFailed(
        _("the word of this session, $NONCE, in {file}").format(file=_FILE),
        seen=observed,
        hint=hint,
        next_step=f"kubectl -n {_NAMESPACE} exec {name} -- ls -l {_MOUNT}",
    )


def _unwritten(lab: CheckContext) -> tuple[str, str]:
    hint = _(
        "kubectl exec runs a command in the pod, but a `>` after it is your own shell's and writes to your own "
        "disk. Let a shell in the pod do it: `sh -c`. The file belongs below the mount."
    )
    if _holds(lab.workspace / "nonce", lab.nonce):
        return _("no such file in the pod; the word is in the file nonce of your own folder"), hint
    if _holds(Path(_FILE), lab.nonce):
        return _("no such file in the pod; the word is in {file} of this machine").format(file=_FILE), hint
    return _("no such file"), hint


def _holds(file: Path, word: str) -> bool:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip() == word
    except OSError:
        return False


def _empty() -> tuple[str, str]:
    return _("an empty file"), _(
        "The shell in the pod wrote what `$NONCE` is in the pod, and there nobody has set it: empty. Between single "
        "quotes your own shell leaves a variable alone. Hand the word in from outside, where it is known: who has to "
        "replace `$NONCE` by its value, and before what?"
    )


def _unfilled(written: str) -> tuple[str, str]:
    return f"`{written}`", _(
        "These are the letters themselves: no shell has replaced them by the word. Single quotes, and a backslash "
        "before the `$`, keep every shell from it."
    )


def _another(written: str) -> tuple[str, str]:
    if written.startswith("nonce-"):
        return _("another word of this kind"), _(
            "It is the word of an earlier beginning. A terminal that was opened before knows that one: press Enter in "
            "it, look with `echo $NONCE`, and write again."
        )
    return repr(written[:60]), _("The file is where it belongs, and holds something else than your `$NONCE`.")
