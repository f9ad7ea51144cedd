"""Label selectors as manifests have them, in the syntax of ``kubectl get -l``."""

from __future__ import annotations

from lab_helpers.kube.transport import Object

__all__ = ["selector_text"]


def selector_text(selector: Object) -> str:
    """A selector of ``matchLabels`` and ``matchExpressions`` as text; the empty one, of everything, as empty text."""
    terms = [f"{key}={value}" for key, value in selector.get("matchLabels", {}).items()]
    return ",".join([*terms, *map(_term, selector.get("matchExpressions", []))])


def _term(expression: Object) -> str:
    key, values = expression["key"], ",".join(expression.get("values", []))
    match expression["operator"]:
        case "Exists":
            return str(key)
        case "DoesNotExist":
            return f"!{key}"
        case operator:
            return f"{key} {operator.lower()} ({values})"
