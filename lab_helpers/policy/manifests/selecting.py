"""Whom a label selector selects."""

from __future__ import annotations

from collections.abc import Mapping

from lab_helpers.policy.manifests.nodes import Items, Map, mappings, strings, text

__all__ = ["Selector"]


# Controllers give these to their pods; no manifest has them.
_GIVEN_BY_CONTROLLERS = frozenset(
    (
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "job-name",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    )
)


class Selector:
    """A label selector, as ``matchLabels`` and ``matchExpressions`` or as the plain labels of a Service.

    Args:
        content: What is written; an empty one selects everything.
        is_plain: Whether it is plain labels.
    """

    def __init__(self, content: Map, *, is_plain: bool = False) -> None:
        self.content = content
        labels = strings(content if is_plain else content.get("matchLabels"))
        self.labels = {key: value for key, value in labels.items() if key not in _GIVEN_BY_CONTROLLERS}
        self.expressions = [] if is_plain else mappings(content.get("matchExpressions"))

    @property
    def is_empty(self) -> bool:
        """Whether it selects everything."""
        return not self.labels and not self.expressions

    @property
    def is_template(self) -> bool:
        """Whether a value of it is filled in later."""
        return any("$" in value or "{{" in value for value in self.labels.values())

    def __str__(self) -> str:
        parts = [f"{key}={value}" for key, value in self.labels.items()]
        for expression in self.expressions:
            values = expression.get("values")
            names = ",".join(map(str, values)) if isinstance(values, Items) else ""
            parts.append(f"{expression.get('key')} {expression.get('operator')} {names}".rstrip())
        return ", ".join(parts)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether it selects what has these labels."""
        is_match = all(labels.get(key) == value for key, value in self.labels.items())
        return is_match and all(_satisfies(labels, expression) for expression in self.expressions)


def _satisfies(labels: Mapping[str, str], expression: Map) -> bool:
    key, listed = text(expression.get("key")), expression.get("values")
    values = list(listed) if isinstance(listed, Items) else []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return True
