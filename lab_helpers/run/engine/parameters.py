"""The parameters a notebook declares: parsed, validated, and masked if secret."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.redact import MASK
from lab_helpers.run.engine import values
from lab_helpers.run.engine.values import Parameter, WrongValue

__all__ = ["declared_parameters", "masked", "parameters_of", "read_parameters", "secret_names"]

T = TypeVar("T")

_SECRET_WORDS = ("token", "password", "secret")


def declared_parameters(notebook: Path) -> dict[str, Parameter]:
    """The parameters in a notebook's cell tagged ``parameters``, by name, in their order.

    Raises:
        LabError: There is no such notebook, or the file is no notebook.
    """
    import nbformat

    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except OSError as error:
        reason = _("cannot be read: {reason}").format(reason=error.strerror or error)
        raise LabError(reason, object=str(notebook), next_step=f"ls -l {notebook.parent}") from error
    except (nbformat.ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = _("not a notebook that can be run: {error}").format(error=str(error).partition("\n")[0])
        raise LabError(reason, object=str(notebook), next_step=f"git checkout {notebook}") from error
    return parameters_of(cells, str(notebook))


def parameters_of(cells: Iterable[Mapping[str, Any]], notebook: str) -> dict[str, Parameter]:
    """The parameters in the cell tagged ``parameters`` among these, by name, in their order.

    Args:
        cells: The notebook's cells.
        notebook: The notebook's name for errors.

    Raises:
        LabError: The cell is not valid Python.
    """
    for cell in cells:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            try:
                return dict(_assignments("".join(cell["source"])))
            except SyntaxError as error:
                reason = _("its parameters cell is no Python, line {line}: {error}")
                raise LabError(
                    reason.format(line=error.lineno, error=error.msg),
                    object=notebook,
                    last_event=(error.text or "").strip(),
                    next_step=f"jupyter lab {notebook}",
                ) from error
    return {}


def read_parameters(
    parameters: Mapping[str, T],
    declared: Mapping[str, Parameter],
    notebook: str,
    read: Callable[[T, Parameter], object] = values.read,
) -> dict[str, object]:
    """Validate and convert values for the parameters that a notebook declares.

    Args:
        parameters: The values, by name.
        declared: The notebook's parameters.
        notebook: The notebook's name for errors.
        read: Converts one value.

    Raises:
        LabError: The notebook has no such parameter, or a value is invalid.
    """
    return {name: _read(name, value, declared, notebook, read) for name, value in parameters.items()}


def secret_names(names: Iterable[str]) -> list[str]:
    """The names that mark their value as secret."""
    return [name for name in names if any(word in name.lower() for word in _SECRET_WORDS)]


def masked(parameters: Mapping[str, object]) -> dict[str, object]:
    """The parameters with secret values masked."""
    hidden = secret_names(parameters)
    return {name: MASK if name in hidden else value for name, value in parameters.items()}


def _read(
    name: str, value: T, declared: Mapping[str, Parameter], notebook: str, read: Callable[[T, Parameter], object]
) -> object:
    if name not in declared:
        reason = _("unknown parameter {name!r}; it knows: {known}")
        known = ", ".join(declared) or _("none")
        help_ = f"papermill --help-notebook {notebook}"
        raise LabError(reason.format(name=name, known=known), object=notebook, next_step=help_)
    try:
        return read(value, declared[name])
    except WrongValue as error:
        shown = repr(masked({name: value})[name])
        # Papermill converts 007 and 1.10 to numbers, except with -r.
        next_step = (
            f"papermill -r {name} …" if declared[name].kind == "str" else f"papermill --help-notebook {notebook}"
        )
        reason = _("parameter {name}: {value} {reason}").format(name=name, value=shown, reason=error)
        raise LabError(reason, object=notebook, next_step=next_step) from error


def _assignments(source: str) -> Iterable[tuple[str, Parameter]]:
    for statement in _parse(source).body:
        if isinstance(statement, ast.Assign):
            targets, annotation = statement.targets, None
        elif isinstance(statement, ast.AnnAssign):
            targets, annotation = [statement.target], statement.annotation
        else:
            continue
        parameter = values.declare(annotation, statement.value)
        yield from ((target.id, parameter) for target in targets if isinstance(target, ast.Name))


def _parse(source: str) -> ast.Module:
    """Parse a cell as Python, with magics and shell lines as IPython transforms them."""
    try:
        return ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        first, _newline, rest = source.lstrip().partition("\n")
        ipython = TransformerManager()  # type: ignore[no-untyped-call]
        return ast.parse(ipython.transform_cell(rest if first.startswith("%%") else source))
