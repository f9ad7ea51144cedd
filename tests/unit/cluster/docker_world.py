"""Stand-ins for `docker`, `k3d` and `docker-registry` over one directory that remembers what there is.

Called as ``python -I docker_world.py ROOT TOOL ARGUMENT…`` by a wrapper on PATH. Below ROOT: ``containers/``,
``volumes/`` and ``networks/`` hold a file a thing, whose content is the cluster it belongs to; ``nodes/`` what was
written inside containers; ``TOOL.asked`` every call; ``moods/`` files by which a test says what goes wrong.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT, TOOL, ARGUMENTS = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
LABEL = "--filter=label=k3d.cluster="
NAME = "--filter=name=^"


def mood(name: str) -> bool:
    return (ROOT / "moods" / name).exists()


def things(kind: str, cluster: str) -> list[Path]:
    return [path for path in sorted((ROOT / kind).iterdir()) if path.read_text() == cluster]


def make(kind: str, name: str, cluster: str) -> None:
    (ROOT / kind / name).write_text(cluster)
    time.sleep(0.03)  # so that a kill may fall between two things


def docker(verb: str, *rest: str) -> int:
    cluster = next((argument.removeprefix(LABEL) for argument in rest if argument.startswith(LABEL)), "")
    if mood("daemon-gone"):
        return fail("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.")
    if verb == "version":
        print(json.dumps({"Version": "28.0.4"}))
    elif verb == "ps":
        print(*listed("containers", cluster, rest), sep="\n")
    elif verb == "create":
        return be_named(*rest)
    elif verb == "rm":
        return remove("containers", rest)
    elif verb in ("kill", "start"):
        return halt(rest[0], is_halted=verb == "kill")
    elif verb == "exec":
        return execute(*rest[1:])
    elif verb in ("volume", "network"):
        return of_kind(f"{verb}s", rest[0], cluster, rest[1:])
    return 0


def halt(container: str, *, is_halted: bool) -> int:
    halted = ROOT / "halted" / container
    halted.parent.mkdir(exist_ok=True)
    halted.touch() if is_halted else halted.unlink()
    (ROOT / "nodes" / container / "etc/hosts").unlink(missing_ok=True)  # Docker writes another one at each start
    return 0


def of_kind(kind: str, verb: str, cluster: str, rest: Sequence[str]) -> int:
    if verb == "ls":
        print(*listed(kind, cluster, rest), sep="\n")
    elif verb == "inspect":
        print(json.dumps([{"IPAM": {"Config": [{"Gateway": "127.0.0.1"}]}}]))
    elif verb == "rm":
        return remove(kind, rest)
    return 0


def listed(kind: str, cluster: str, rest: Sequence[str]) -> list[str]:
    """What has the label or the name that is asked for."""
    pattern = next((argument.removeprefix(NAME).rstrip("$") for argument in rest if argument.startswith(NAME)), "")
    entries = things(kind, cluster) if cluster else sorted((ROOT / kind).iterdir())
    names = [path.name for path in entries if pattern in ("", path.name)]
    return [name for name in names if "--all" in rest or not (ROOT / "halted" / name).exists()]


def be_named(*rest: str) -> int:
    name = next(argument.removeprefix("--name=") for argument in rest if argument.startswith("--name="))
    if (ROOT / "containers" / name).exists():
        return fail(f"Error response from daemon: Conflict. The container name /{name} is already in use")
    label = next(argument.removeprefix("--label=k3d.cluster=") for argument in rest if argument.startswith("--label="))
    make("containers", name, label)
    return 0


def remove(kind: str, names: Sequence[str]) -> int:
    if mood("removal-fails"):
        return fail("Error response from daemon: device or resource busy")
    for name in names:
        if not name.startswith("--"):
            (ROOT / kind / name).unlink(missing_ok=True)
    return 0


def execute(node: str, program: str, *arguments: str) -> int:
    if (ROOT / "halted" / node).exists():
        return fail(f"Error response from daemon: container {node} is not running")
    path = ROOT / "nodes" / node / arguments[-1].lstrip("/")
    if program == "cat":
        print(path.read_text() if path.exists() else "127.0.0.1 localhost")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sys.stdin.read())
    return 0


def k3d(*arguments: str) -> int:
    if arguments == ("version",):
        version = (ROOT / "moods" / "version").read_text() if mood("version") else "v5.9.0"
        print(f"k3d version {version}\nk3s version v1.33.6-k3s1 (default)")
        return 0
    noun, verb, name = arguments[:3]
    if (noun, verb) == ("kubeconfig", "get"):
        print((ROOT / "kubeconfig").read_text())
        return 0
    if noun == "node":
        return agent(verb, name, *arguments[3:])
    return create(name) if verb == "create" else delete(name)


def agent(verb: str, name: str, *options: str) -> int:
    if verb == "delete":
        return remove("containers", [name])
    cluster = next(option.removeprefix("--cluster=") for option in options if option.startswith("--cluster="))
    make("containers", f"k3d-{name}-0", cluster)
    return fail("FATA[0600] failed to add node: context deadline exceeded") if mood("agent-fails") else 0


def create(name: str) -> int:
    if things("containers", name):
        return fail(f"FATA[0000] Failed to create cluster '{name}' because a cluster with that name already exists")
    make("networks", f"k3d-{name}", name)
    make("volumes", f"k3d-{name}-images", name)
    make("containers", f"k3d-{name}-tools", name)
    make("containers", f"k3d-{name}-server-0", name)
    if mood("creation-fails"):
        return fail("FATA[0600] Cluster creation FAILED, also FAILED to rollback changes!")
    while mood("creation-hangs"):
        time.sleep(0.05)
    (ROOT / "containers" / f"k3d-{name}-tools").unlink(missing_ok=True)
    return 0


def delete(name: str) -> int:
    if mood("deletion-fails"):
        return fail(f"FATA[0000] error getting loadbalancer config for cluster {name}")
    if not things("containers", name):
        print("INFO[0000] No clusters found")  # and whatever else there is stays
        return 0
    for kind in ("containers", "volumes", "networks"):
        for path in things(kind, name):
            path.unlink(missing_ok=True)
    return 0


def registry(verb: str, *rest: str) -> int:
    if verb == "--version":
        print("docker-registry github.com/docker/distribution 2.8.2")
        return 0
    import ssl  # what starts often and answers at once has no need of them
    from http.server import BaseHTTPRequestHandler, HTTPServer

    configuration = Path(rest[0])
    content = json.loads((configuration.parent / "registry.json").read_text())

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(401)

    server = HTTPServer((content["address"], content["port"]), Stranger)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(configuration.parent / "tls.crt", configuration.parent / "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
    return 0


def fail(words: str) -> int:
    print(words, file=sys.stderr)
    return 1


if __name__ == "__main__":
    with (ROOT / f"{TOOL}.asked").open("a") as log:
        log.write(" ".join(ARGUMENTS) + "\n")
    tools: dict[str, Callable[..., int]] = {"docker": docker, "k3d": k3d, "docker-registry": registry}
    sys.exit(tools[TOOL](*ARGUMENTS))
