"""Load the ``kubernetes`` package's client configuration from a private kubeconfig."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab_helpers import proxies
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["load_configuration"]


def load_configuration(kubeconfig: Path, context: str | None = None) -> Any:  # noqa: ANN401 - a Configuration, untyped
    """The ``kubernetes.client.Configuration`` of a kubeconfig in a lab's own directory.

    The package reads certificates and keys from files only. It would write those inlined in the kubeconfig to the
    temporary directory, where a killed process leaves a private key; beside the kubeconfig they are deleted with it.

    Args:
        kubeconfig: The server and the credentials.
        context: The context to use; by default the current one.

    Raises:
        LabError: The kubeconfig is invalid.
    """
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, load_kube_config

    configuration: Any = Configuration()
    load: Any = load_kube_config
    credentials_directory = str(kubeconfig.parent / "credentials")
    try:
        load(str(kubeconfig), context, configuration, persist_config=False, temp_file_path=credentials_directory)
    except (ConfigException, OSError) as error:
        reason = _("cannot be used: {error}").format(error=error)
        raise LabError(reason, object=str(kubeconfig), next_step="lab status") from error
    if proxies.is_own(str(configuration.host)):
        configuration.proxy = None
    return configuration
