"""What the ``kubernetes`` package needs in order to reach the API server of a private kubeconfig."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab_helpers import proxies
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["load_configuration"]


def load_configuration(kubeconfig: Path, context: str | None = None) -> Any:  # noqa: ANN401 - a Configuration, untyped
    """The ``kubernetes.client.Configuration`` of a kubeconfig that lies in a lab's own directory.

    The package reads certificates and keys from files only. It would write those a kubeconfig holds to the directory
    for temporary files, and a killed process would leave a private key there; beside the kubeconfig they go with it.

    Args:
        kubeconfig: Where the server is and who asks.
        context: One of its contexts; by default the current one.

    Raises:
        LabError: The kubeconfig cannot be used.
    """
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, load_kube_config

    configuration: Any = Configuration()
    load: Any = load_kube_config
    beside = str(kubeconfig.parent / "credentials")
    try:
        load(str(kubeconfig), context, configuration, persist_config=False, temp_file_path=beside)
    except (ConfigException, OSError) as error:
        reason = _("cannot be used: {error}").format(error=error)
        raise LabError(reason, object=str(kubeconfig), next_step="lab status") from error
    if proxies.is_own(str(configuration.host)):
        configuration.proxy = None
    return configuration
