"""Who reaches whom on a cluster with network policies: connections tried from pods, as applications make them."""

from __future__ import annotations

import json

from tests.k8s.e2e.deployed import Deployed

__all__ = ["NAMESPACES", "Client"]

NAMESPACES = ("lab-probe", "monitoring", "stranger")
"""Where pods are started only to ask from there."""

_NAME = "client"
_IMAGE = "ghcr.io/org/prj-02:v1.0.0"
_SECONDS = 3
# Each is given addresses as arguments, and prints those that took a connection. A name that is not found is an error.
_NODE = f"""
const {{ lookup }} = require('node:dns/promises');
const {{ connect }} = require('node:net');
const reaches = async (address) => {{
  const [host, port] = address.split(':');
  const {{ address: ip }} = await lookup(host);
  return new Promise((done) => {{
    const socket = connect({{ host: ip, port, timeout: {_SECONDS}000 }});
    const end = (result) => {{ socket.destroy(); done(result ? [address] : []); }};
    socket.once('connect', () => end(true)).once('timeout', () => end(false)).once('error', () => end(false));
  }});
}};
Promise.all(process.argv.slice(1).map(reaches)).then((reached) => console.log(JSON.stringify(reached.flat())));
"""
_PYTHON = f"""
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor

def reaches(address):
    host, port = address.split(":")
    ip = socket.gethostbyname(host)
    try:
        socket.create_connection((ip, int(port)), {_SECONDS}).close()
    except OSError:
        return []
    return [address]

with ThreadPoolExecutor() as pool:
    print(json.dumps(sum(pool.map(reaches, sys.argv[1:]), [])))
"""
_PROGRAMS = {
    "prj-01": ["deployment/prj-01", "--", "python3", "-c", _PYTHON],
    "prj-02": ["deployment/prj-02", "--", "node", "-e", _NODE],
    "prj-04": ["deployment/prj-04", "--", "python3", "-c", _PYTHON],
}


class Client:
    """A pod from which connections are tried: a project's own, or one that is started for it.

    Args:
        deployed: The cluster.
        namespace: Where the pod is.
    """

    def __init__(self, deployed: Deployed, namespace: str) -> None:
        self._deployed = deployed
        self._namespace = namespace
        self._program = _PROGRAMS.get(namespace, [_NAME, "--", "node", "-e", _NODE])

    def start(self) -> None:
        """Start the pod, in a namespace of its own where there is no policy."""
        self._deployed.kubectl("create", "namespace", self._namespace)
        self._deployed.add_pull_secret(self._namespace)
        secret = json.dumps({"spec": {"imagePullSecrets": [{"name": "ghcr-secret"}]}})
        wait = ["node", "-e", "setInterval(() => {}, 1 << 30)"]
        self._deployed.kubectl(
            "-n", self._namespace, "run", _NAME, f"--image={_IMAGE}", f"--overrides={secret}", "--command", "--", *wait
        )

    def wait_started(self) -> None:
        """Wait until connections can be tried from it."""
        self._deployed.kubectl("-n", self._namespace, "wait", f"pod/{_NAME}", "--for=condition=Ready", "--timeout=60s")

    def reaches(self, *addresses: str) -> set[str]:
        """Those of some addresses, each as ``service.namespace:port``, that take a connection from the pod.

        Raises:
            CommandFailed: A name was not found, so that nothing is said of policies.
        """
        reached = self._deployed.kubectl("-n", self._namespace, "exec", *self._program, *addresses)
        return set(json.loads(reached))
