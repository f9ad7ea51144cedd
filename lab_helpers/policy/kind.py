"""Tell an App repository from a Deploy repository, from the template that holds both, and from one that mixes them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from enum import StrEnum

from lab_helpers.policy.files import File

__all__ = [
    "Kind",
    "detect",
    "is_aside",
    "is_dockerfile",
    "is_manifest",
    "is_of_chart",
    "is_packaged",
    "is_source",
    "is_tooling",
]


class Kind(StrEnum):
    """What a repository, or a part of one, answers for."""

    APP = "app"
    """What runs (section 1.1)."""

    DEPLOY = "deploy"
    """Where and how it runs."""

    TEMPLATE = "template"
    """Both, side by side in ``app/`` and ``infra/``, to be copied."""

    COMBINED = "combined"
    """Both, mixed."""

    REST = "rest"
    """What lies beside ``app/`` and ``infra/`` in a template."""


_SOURCE = re.compile(
    r"""\.(?: c | cc | cjs | clj | cpp | cs | cxx | dart | erl | exs? | fs | go | groovy | hpp? | hs | java | jl | jsx?
    | kt | mjs | mm? | php | pl | py | r | rb | rs | scala | svelte | swift | tsx? | vb | vue | zig )""",
    re.VERBOSE,
)
_ASIDE = re.compile(
    r"""(?:^|[-_.])(?:
        (?:unit|integration|functional|acceptance|api|ui|load|perf|smoke|system|regression)?tests?|test(?:ing|data\d*|certs?|utils?|helpers?|kit|lib|suite|env)|__tests__|spec|specs|e2e|fixtures?|mocks?|__mocks__|stubs?|
        examples?|samples?|demos?|tutorials?|docs?|documentation|benchmarks?|devcontainer|cypress|playwright|storybook
    )(?:$|[-_.])""",
    re.VERBOSE,
)
_API_VERSION = re.compile(
    r"""^\s{0,4}["']?apiVersion["']?\s*:\s*["']?(?P<version>[\w.{}$ -]+(?:/[\w.]+)?)""", re.MULTILINE
)
_KIND = re.compile(r"""^\s{0,4}["']?kind["']?\s*:\s*["']?[A-Za-z{]""", re.MULTILINE)
# Files of programs that use the same two keys, for something that no cluster is given.
_OTHER_PROGRAMS = re.compile(
    r"^(?:skaffold|kind\.x-k8s\.io|backstage\.io|eksctl\.io|k3d\.io|ctlptl|tilt|audit\.k8s\.io|kubeadm\.k8s\.io"
    r"|kubelet\.config|client\.authentication|clientconfig|apiserver\.config)"
)
_KUBECONFIG = re.compile(r"""^\s{0,4}["']?kind["']?\s*:\s*["']?Config\b""", re.MULTILINE)
_VALUES = re.compile(r"(?:^|[-_.])values(?:[-_.][\w.-]*)?\.ya?ml(?:\.gotmpl|\.tmpl)?$")
_MANIFEST_SUFFIXES = (".yaml", ".yml", ".json", ".yaml.j2", ".yml.j2", ".yaml.tmpl", ".yml.tmpl")


def is_aside(file: File) -> bool:
    """Whether a file is test, example or documentation, by the directories it lies in."""
    directories = file.parts[:-1]
    if "src" in directories and "main" in directories:  # src/main/java/org/example/samples is no example
        directories = directories[: directories.index("main")]
    return any(map(_ASIDE.search, directories))


def is_packaged(file: File) -> bool:
    """Whether a file is built into a Java program, which has objects of its own written as Kubernetes writes its."""
    return "/src/main/resources/" in f"/{file.path}"


def is_manifest(file: File) -> bool:
    """Whether a file holds a Kubernetes object, a kustomization or a chart's template of one."""
    if not file.name.endswith(_MANIFEST_SUFFIXES) or is_packaged(file):
        return False
    if file.name in ("kustomization.yaml", "kustomization.yml"):
        return True
    version = _API_VERSION.search(file.text)
    if not version or not _KIND.search(file.text) or _OTHER_PROGRAMS.match(version["version"]):
        return False
    if re.fullmatch(r"v[02-9]\w*|v1\w+", version["version"]):  # without a group Kubernetes has v1 alone
        return False
    return not _KUBECONFIG.search(file.text)


def is_of_chart(file: File) -> bool:
    """Whether a file is what Helm renders, or the values that it renders with."""
    return _VALUES.search(file.name) is not None or ("templates" in file.parts[:-1] and "{{" in file.text)


def is_dockerfile(file: File) -> bool:
    """Whether a file says how an image is built."""
    name = file.name.lower()
    is_named = name in ("dockerfile", "containerfile") or name.startswith(("dockerfile.", "containerfile."))
    is_named = is_named or name.endswith((".dockerfile", ".containerfile"))
    return is_named and re.search(r"^[ \t]*FROM\s+\S", file.text, re.MULTILINE | re.IGNORECASE) is not None


def is_source(file: File) -> bool:
    """Whether a file is source code of a program, by its suffix."""
    return _SOURCE.fullmatch(file.suffix) is not None


def detect(files: Sequence[File]) -> Kind:
    """What a repository is, by the ``.template.toml`` it carries, else by what it holds."""
    declared = _declared(files)
    if declared is not None:
        return declared
    paths = [file.path for file in files]
    has_app = any(re.match(r"app/[^/]+/dockerfile$", path, re.IGNORECASE) for path in paths)
    has_infra = any(path.startswith(("infra/k8s/", "infra/helm/", "infra/_shared/")) for path in paths)
    if has_app and has_infra:
        return Kind.TEMPLATE
    if any(path.startswith("_shared/") for path in paths):  # as the template lays it out
        return Kind.DEPLOY
    judged = [file for file in files if not is_aside(file) and not file.path.startswith(".")]
    manifests = sum(is_manifest(file) and not is_tooling(file) for file in judged)
    if not manifests:
        return Kind.APP
    return _by_weight(judged, manifests)


def _by_weight(files: Iterable[File], manifests: int) -> Kind:
    """An application of some size beside the manifests makes it both; a script or two, or an image, do not."""
    sources = [file for file in files if is_source(file) and not is_tooling(file)]
    dockerfiles = [file for file in files if is_dockerfile(file)]
    is_application = bool(sources) and (bool(dockerfiles) or len(sources) >= 5)
    is_collection = len(sources) >= 6 and len(dockerfiles) >= 6
    is_heavy = 2 * len(sources) + 3 * len(dockerfiles) >= manifests
    return Kind.COMBINED if is_collection or (is_application and is_heavy) else Kind.DEPLOY


_TOOLING = frozenset((".ci", ".github", ".gitlab", "bin", "ci", "hack", "hooks", "plugins", "scripts", "tools"))


def is_tooling(file: File) -> bool:
    """Whether a file lies among the scripts of whoever works with the repository."""
    return not _TOOLING.isdisjoint(file.parts[:-1])


def _declared(files: Iterable[File]) -> Kind | None:
    """What ``.template.toml`` says the repository was copied from."""
    text = next((file.text for file in files if file.path == ".template.toml"), None)
    if text is None:
        return None
    try:
        part = tomllib.loads(text).get("part", "")
    except tomllib.TOMLDecodeError:
        return None
    first = str(part).strip("./").partition("/")[0]
    return {"app": Kind.APP, "infra": Kind.DEPLOY, "": Kind.TEMPLATE}.get(first)
