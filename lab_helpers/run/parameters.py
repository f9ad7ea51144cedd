"""The parameters a notebook declares: which there are, which are refused, which must not be shown."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.redact import MASK

__all__ = ["declared_parameters", "masked", "parameters_of", "refuse_unknown", "secret_names"]

_SECRET_WORDS = ("token", "password", "secret")


def declared_parameters(notebook: Path) -> dict[str, object]:
    """What a notebook's cell tagged ``parameters`` declares: names and defaults, in their order.

    Raises:
        LabError: There is no such notebook, or it is not one.
    """
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        return parameters_of(content["cells"])
    except FileNotFoundError as error:
        raise LabError(_("no such notebook"), object=str(notebook), next_step=f"ls {notebook.parent}") from error
    except (ValueError, KeyError, TypeError, SyntaxError) as error:
        raise LabError(
            _("not a notebook that can be run: {error}").format(error=error),
            object=str(notebook),
            next_step=f"git checkout {notebook}",
        ) from error


def parameters_of(cells: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """What the cell tagged ``parameters`` among these declares: names and defaults, in their order."""
    for cell in cells:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            return dict(_assignments("".join(cell["source"])))
    return {}


def refuse_unknown(given: Iterable[str], declared: Iterable[str], notebook: str) -> None:
    """Make sure that every parameter given is one the notebook has.

    Raises:
        LabError: The first that it has not, with those that it has.
    """
    known = list(declared)
    for name in given:
        if name not in known:
            listed = ", ".join(known) or _("none")
            raise LabError(
                _("unknown parameter {name!r}; it knows: {known}").format(name=name, known=listed),
                object=notebook,
                next_step=f"papermill --help-notebook {notebook}",
            )


def secret_names(names: Iterable[str]) -> list[str]:
    """Those names that say that their value must not be shown."""
    return [name for name in names if any(word in name.lower() for word in _SECRET_WORDS)]


def masked(parameters: Mapping[str, object]) -> dict[str, object]:
    """The same parameters with the secret ones hidden."""
    hidden = secret_names(parameters)
    return {name: MASK if name in hidden else value for name, value in parameters.items()}


def _assignments(source: str) -> Iterable[tuple[str, object]]:
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign):
            targets: list[ast.expr] = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        value = None if statement.value is None else _literal(statement.value)
        yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))


def _literal(expression: ast.expr) -> object:
    try:
        return ast.literal_eval(expression)
    except ValueError:
        return ast.unparse(expression)  # a default that is computed: shown as it is written
