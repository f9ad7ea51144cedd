"""The checklist of a Deploy repository: appendix E's list, box by box."""

from __future__ import annotations

from lab_helpers.language import gettext_noop
from lab_helpers.policy.checklists import base, surroundings
from lab_helpers.policy.checklists.checklist import Box, Checklist
from lab_helpers.policy.checklists.deploy_repository import DeployRepository

__all__ = ["DEPLOY"]

DEPLOY: Checklist[DeployRepository] = Checklist(
    name="deploy",
    title=gettext_noop("Deploy repository (appendix E)"),
    boxes=(
        Box("repository", gettext_noop("A Deploy repository, after the template"), "3.1", base.repository),
        Box("namespaces", gettext_noop("k8s/base/: namespaces"), "1.3", base.namespaces),
        Box("deployments", gettext_noop("k8s/base/: deployments (images, resources, probes)"), "3.2", base.deployments),
        Box("services", gettext_noop("k8s/base/: services"), "3.3", base.services),
        Box("configmaps", gettext_noop("k8s/base/: configmaps"), "3.3", base.configmaps),
        Box("claims", gettext_noop("k8s/base/: claims"), "1.3", base.claims),
        Box("kustomization", gettext_noop("k8s/base/: kustomization.yaml"), "3.1", base.kustomization),
        Box("production", gettext_noop("k8s/overlays/production/"), "3.3", base.production),
        Box("secrets", gettext_noop("_shared/secrets/: SealedSecrets or SOPS"), "3.3", surroundings.secrets),
        Box("monitoring", gettext_noop("_shared/monitoring/"), "3.1", surroundings.monitoring),
        Box("scripts", gettext_noop("_shared/scripts/deploy/"), "3.1", surroundings.scripts),
    ),
)
