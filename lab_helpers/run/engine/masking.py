"""The injected parameters cell: the kernel gets the secret values, the saved notebook gets masked ones."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path

from nbformat import NotebookNode
from papermill.translators import translate_parameters
from papermill.utils import find_first_tagged_cell_index

from lab_helpers.redact import SECRETS_FILE, Redactor, remember
from lab_helpers.run.engine.parameters import masked, secret_names

__all__ = ["ParameterSecrets", "inject"]


def inject(nb: NotebookNode, kernel: str, parameters: Mapping[str, object]) -> None:
    """Replace the parameters that papermill injected into a notebook."""
    nb.metadata["papermill"]["parameters"] = dict(parameters)
    cell = nb.cells[find_first_tagged_cell_index(nb, "injected-parameters")]
    cell.source = _source(nb, kernel, parameters)


class ParameterSecrets:
    """Masks secret parameters in a notebook.

    Papermill writes a parameter's value into the injected cell and into the notebook's metadata.

    Args:
        nb: The notebook with its parameters injected; secrets are masked at once, in place.
        kernel: The kernel's name, for the language of the injected cell.
        environment: The kernel's environment; gets a secrets file if the run has none.
        directory: A private directory for that file.
    """

    def __init__(self, nb: NotebookNode, kernel: str, environment: MutableMapping[str, str], directory: Path) -> None:
        self._nb = nb
        self._environment = environment
        parameters = nb.metadata["papermill"]["parameters"]
        names = secret_names(parameters)
        self._injected = find_first_tagged_cell_index(nb, "injected-parameters") if names else -1
        for name in names:
            environment.setdefault(SECRETS_FILE, str(directory / "secrets"))
            remember(str(parameters[name]), environment)
        nb.metadata["papermill"]["parameters"] = self.redactor().tree(masked(parameters))
        self._source = self._shown = ""
        if self._injected >= 0:
            cell = nb.cells[self._injected]
            self._source, self._shown = cell.source, _source(nb, kernel, masked(parameters))
            cell.source = self._shown

    def redactor(self) -> Redactor:
        """A redactor of all secrets known by now; notebooks may have added some to the run's file."""
        return Redactor.from_environment(self._environment)

    def cell_to_run(self, index: int) -> NotebookNode:
        """The cell to send to the kernel, with its secrets."""
        cell = self._nb.cells[index]
        return NotebookNode(cell | {"source": self._source}) if index == self._injected else cell

    def cell_to_show(self, index: int, executed: NotebookNode) -> NotebookNode:
        """The executed cell to save, with its secrets masked."""
        return NotebookNode(executed | {"source": self._shown}) if index == self._injected else executed


def _source(nb: NotebookNode, kernel: str, parameters: Mapping[str, object]) -> str:
    language = nb.metadata.get("kernelspec", {}).get("language", "python")
    return str(translate_parameters(kernel, language, parameters))
