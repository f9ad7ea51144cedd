"""What proves step 4.5: a colleague's change has passed schema, lint and the cluster's own rule; all three stand."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import CheckContext, CheckFailed, Evidence, check, policy
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.policy import Finding, Severity
from labs.lab_04_deploy_repo import rendering, running
from labs.lab_04_deploy_repo.rendering import APPLY, GROUND, NAME, OVERLAY, REPOSITORY

__all__ = ["every_fence_is_content"]

_POLICY = "immutable-image-tags"
_BINDING = f"{_POLICY}-binding"
_REPLICAS = 4
_PORT = "metrics"


@check("4.5", seconds=60)
def every_fence_is_content(lab: CheckContext) -> Evidence:
    """What the colleague wanted runs in production, and no fence had to be taken away for it."""
    _expect_guard(lab)
    objects = rendering.render(lab)
    _expect_schema(rendering.find(objects, "Deployment", NAME))
    files = _expect_lint(lab)
    _expect_wishes(objects)
    rendering.expect_committed(lab)
    running.expect_as_rendered(lab, objects)
    _expect_port_served(lab)
    pods = running.rolled_out(lab)
    return Evidence(
        schema=_("no unknown field"),
        lint=_("{files} files, nothing to say").format(files=files),
        cluster=_("{policy}, bound").format(policy=_POLICY),
        pods_Ready=len(pods),
        image=running.container(running.deployment(lab))["image"],
    )


def _expect_guard(lab: CheckContext) -> None:
    for kind, name in (
        ("validatingadmissionpolicy", _POLICY),
        ("validatingadmissionpolicybinding", _BINDING),
    ):
        if lab.client.get(kind, name) is None:
            raise CheckFailed(
                f"{kind}/{name}",
                seen=_("none"),
                hint=_(
                    "The fence is gone, and with it what keeps everybody else's mistakes out. What it refuses is to be "
                    "mended, and not the fence; it belongs to the ground, which is applied by `-l '!app'`."
                ),
                next_step=GROUND,
            )


def _expect_schema(item: Object) -> None:
    if "replica" in item["spec"]:
        raise CheckFailed(
            _("fields that a Deployment has"),
            seen=f"spec.replica: {item['spec']['replica']}",
            hint=_(
                "There is no such field: it is called `replicas`. kustomize merges whatever it is given; the cluster, "
                "asked by `kubectl diff` or `kubectl apply`, says `unknown field`."
            ),
            next_step=f"kubectl diff -k {OVERLAY} -l app={NAME}",
        )


def _expect_lint(lab: CheckContext) -> int:
    """Make sure that the lint has nothing to say, and return how many files it has read."""
    report = policy.lint([lab.workspace / REPOSITORY])
    finding: Finding | None = next((each for each in report.findings if each.severity is not Severity.INFO), None)
    if finding is None:
        return sum(judged.files for judged in report.judged)
    raise CheckFailed(
        _("a lint that has nothing to say"),
        seen=f"{finding.file}: {finding.message} ({finding.rule}, §{finding.section})",
        hint=f"{finding.why} {finding.fix}",
        next_step="lab lint infra",
    )


def _expect_wishes(objects: Sequence[Object]) -> None:
    """Make sure that what the colleague wanted was mended, and not thrown away."""
    replicas = rendering.find(objects, "Deployment", NAME)["spec"]["replicas"]
    ports = [port.get("name", "") for port in rendering.find(objects, "Service", NAME)["spec"]["ports"]]
    if replicas != _REPLICAS or _PORT not in ports:
        raise CheckFailed(
            _("{replicas} replicas and a port {port} of the Service in what kustomize renders").format(
                replicas=_REPLICAS, port=_PORT
            ),
            seen=_("{replicas} replicas, and the ports {ports}").format(replicas=replicas, ports=", ".join(ports)),
            hint=_(
                "The wish was a good one, only written wrongly: mend it, and do not throw it away. `sh "
                "colleague/friday.sh` writes it once more."
            ),
            next_step=f"git -C {REPOSITORY} diff",
        )


def _expect_port_served(lab: CheckContext) -> None:
    live = running.live(lab, "service", NAME)
    if _PORT not in [port.get("name", "") for port in live["spec"]["ports"]]:
        raise CheckFailed(
            _("a port {port} of the Service in the cluster").format(port=_PORT),
            seen=_("none"),
            hint=_("The overlay says it, and the cluster has not heard of it: diff, then apply."),
            next_step=APPLY,
        )
