"""The lint refuses the images that the cluster's policy refuses, in all that makes pods, and no others."""

from __future__ import annotations

from pathlib import Path

import yaml

from lab_helpers.policy.images import IMMUTABLE, Flaw
from lab_helpers.policy.kind import Kind
from lab_helpers.policy.linting import lint
from tests.k8s import images

_RULES = {f"image-{flaw}" for flaw in Flaw}


def test_the_lint_says_what_the_policy_does(tmp_path: Path) -> None:
    labels = {"environment": "staging"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": images.NAMESPACE, "labels": labels}}
    sent = {
        image: list(images.objects(image, f"i{number}"))
        for number, image in enumerate((*images.REFUSED, *images.ACCEPTED))
    }
    objects = [*images.policies(), namespace, *(each for objects in sent.values() for each in objects)]
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(objects))
    named = {finding.object for finding in lint([tmp_path], Kind.DEPLOY).findings if finding.rule in _RULES}
    assert named == {
        f"{each['kind'].lower()}/{each['metadata']['name']}" for image in images.REFUSED for each in sent[image]
    }


def test_the_policy_has_the_expression_of_the_lint() -> None:
    (policy,) = [each for each in images.policies() if each["kind"] == "ValidatingAdmissionPolicy"]
    expressions = [variable["expression"] for variable in policy["spec"]["variables"]]
    assert any(f"matches(r'{IMMUTABLE.pattern}')" in expression for expression in expressions)
