"""The pytest plugin inside pytest runs of its own, on a stand-in for a cluster."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from lab_helpers.cluster import choose
from lab_helpers.cluster.base import (
    BaseAddons,
    Cluster,
    OnRegistry,
    Report,
    State,
    ignore_registry,
)
from lab_helpers.cluster.findings import Finding
from lab_helpers.cluster.provider import Provider
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry
from tests.unit.clusters import UnusableCluster
from tests.unit.kube.api_server import ApiServer, Call, write_kubeconfig

NAMESPACE = "/api/v1/namespaces/test-web-abc123"
SHOP = "/api/v1/namespaces/shop-abc123"


class StandIn(UnusableCluster):
    """A cluster of which only the kubeconfig is there."""

    def __init__(self, name: str, maker: Maker) -> None:
        self.name = name
        self._maker = maker

    @property
    def kubeconfig(self) -> Path:
        return self._maker.directory / "kubeconfig"

    @property
    def registry(self) -> Registry:
        directory = self._maker.directory
        return Registry("ghcr.io", "127.0.0.1", 4443, directory / "ca.crt", "lab", directory / "password")

    @property
    def is_kept(self) -> bool:
        return "keep" in self._maker.did

    def keep(self) -> None:
        self._maker.did.append("keep")

    def delete(self) -> None:
        self._maker.did.append("delete")

    def read(self, path: str) -> dict[str, object]:
        if "wait" not in self._maker.did:
            self._maker.did.append("wait")
        status = {"observedGeneration": 1, "updatedReplicas": 1, "availableReplicas": 1}
        return {"metadata": {"generation": 1}, "spec": {"replicas": 1}, "status": status}


class Maker(Provider):
    """Makes the stand-in, and remembers what it was asked."""

    name = "stand-in"
    capabilities = StandIn.capabilities

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.did: list[str] = []
        self.running: list[str] = []
        self.error: LabError | None = None

    def doctor(self) -> Sequence[Finding]:
        return []

    def create(self, name: str, report: Report, base: BaseAddons, on_registry: OnRegistry = ignore_registry) -> Cluster:
        if self.error:
            raise self.error
        self.did.append(f"create {name.partition('-')[0]}")
        return StandIn(name, self)

    def attach(self, name: str) -> Cluster | None:
        return StandIn(name, self) if name in self.running else None

    def state(self, name: str) -> State:
        raise NotImplementedError

    def delete(self, name: str) -> None:
        raise NotImplementedError

    def kubeconfig(self, name: str) -> Path:
        raise NotImplementedError

    def trust_registry(self, name: str, registry: Registry) -> None:
        raise NotImplementedError


@pytest.fixture
def maker(api: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    monkeypatch.delenv("LAB_NAME", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "cluster"
    directory.mkdir()
    write_kubeconfig(directory, api.port)
    (directory / "password").write_text("correct-horse-battery\n")
    fake_maker = Maker(directory)
    monkeypatch.setattr(choose, "provider_of", lambda lab, named: fake_maker)
    monkeypatch.setattr("secrets.token_hex", lambda size: "abc123")

    def take(call: Call) -> None:
        call.answer(json.loads(call.body))

    for namespace in (NAMESPACE, SHOP, "/api/v1/namespaces/default"):
        for path in (namespace, f"{namespace}/secrets/lab-registry", f"{namespace}/serviceaccounts/default"):
            api.on("PATCH", path, take)
    api.on("GET", NAMESPACE, lambda call: call.answer({"metadata": {"name": "test-web-abc123", "uid": "1"}}))
    api.on("DELETE", NAMESPACE, lambda call: call.answer({}))
    api.on("GET", SHOP, lambda call: call.answer({"metadata": {"name": "shop-abc123", "uid": "2"}}))
    api.on("DELETE", SHOP, lambda call: call.answer({}))
    api.on("GET", f"{SHOP}/persistentvolumeclaims", lambda call: call.answer({"items": []}))
    api.on("GET", f"{SHOP}/events", lambda call: call.answer({"items": []}))
    api.on("GET", f"{SHOP}/pods", lambda call: call.answer({"items": []}))
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 10s"}
    container = {"name": "web", "state": {"waiting": waiting}, "containerID": "containerd://1"}
    pod = {"metadata": {"name": "web-1"}, "spec": {}, "status": {"containerStatuses": [container]}}
    api.on("GET", f"{NAMESPACE}/pods", lambda call: call.answer({"items": [pod]}))
    api.on("GET", f"{NAMESPACE}/persistentvolumeclaims", lambda call: call.answer({"items": []}))
    api.on("GET", f"{NAMESPACE}/events", lambda call: call.answer({"items": []}))
    said = b"listening on 8080\ncannot log in with correct-horse-battery\n"
    api.on("GET", f"{NAMESPACE}/pods/web-1/log", lambda call: call.answer(said))
    return fake_maker


PASSING = """
    def test_web(lab):
        assert lab.namespace == "test-web-abc123"
        assert lab.client.get("namespace", lab.namespace)
"""
FAILING = """
    def test_web(lab):
        assert lab.namespace == "another"
"""


def test_a_test_has_a_namespace_of_its_own_and_the_session_a_cluster(
    pytester: pytest.Pytester, maker: Maker, api: ApiServer
) -> None:
    pytester.makepyfile(PASSING)
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert maker.did == ["create pytest", "wait", "delete"]
    sent = {call.path: json.loads(call.body) for call in api.calls if call.method == "PATCH"}
    assert sent[NAMESPACE]["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "lab"}
    assert sent[f"{NAMESPACE}/serviceaccounts/default"]["imagePullSecrets"] == [{"name": "lab-registry"}]
    assert api.count("DELETE", NAMESPACE) == 1
    assert not list((maker.directory / "tests").iterdir()), "nor is a file of it left"


@pytest.mark.usefixtures("maker")
def test_its_kubeconfig_is_private_and_names_its_namespace(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_web(lab):
            assert oct(lab.kubeconfig_path.stat().st_mode & 0o777) == "0o600"
            assert "namespace: test-web-abc123" in lab.kubeconfig_path.read_text()
            assert lab.kubeconfig_path != lab.cluster.kubeconfig
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)


def test_a_failure_is_reported_with_its_diagnosis_and_logs_but_no_secret(
    pytester: pytest.Pytester, maker: Maker
) -> None:
    pytester.makepyfile(FAILING)
    result = pytester.runpytest("--junitxml=junit.xml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- lab: namespace test-web-abc123 -*",
            "pod/web-1: CrashLoopBackOff in container web: back-off 10s",
            "*- lab: log of web-1/web -*",
            "listening on 8080",
            "cannot log in with [[]secret[]]",
        ]
    )
    junit = (pytester.path / "junit.xml").read_text()
    assert "pod/web-1: CrashLoopBackOff in container web: back-off 10s" in junit
    assert "correct-horse-battery" not in result.stdout.str() + junit


@pytest.mark.usefixtures("maker")
def test_a_failure_without_a_traceback_is_diagnosed_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        def test_web(lab):
            pytest.fail("no good", pytrace=False)
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- lab: namespace test-web-abc123 -*"])


@pytest.mark.usefixtures("maker")
def test_an_error_of_the_labs_is_told_at_the_line_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_web(lab):
            lab.load_docker_image(lab.kubeconfig_path / "missing")
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*lab.load_docker_image*", "E *missing: no such archive", "test_*.py:2: LabError"])
    result.stdout.no_fnmatch_line("*testing/*.py:*")


def test_a_failure_in_the_setup_of_another_fixture_is_diagnosed_too(pytester: pytest.Pytester, maker: Maker) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.fixture
        def deployed(lab):
            raise RuntimeError("did not deploy")
        def test_web(deployed):
            pass
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["pod/web-1: CrashLoopBackOff*"])


SCOPED = """
    import pytest

    @pytest.fixture(scope="{scope}")
    def shop(lab_factory):
        with lab_factory("shop") as lab:
            yield lab

    class TestShop:
        def test_one(self, shop):
            assert shop.namespace == "shop-abc123"

        def test_two(self, shop):
            assert {passes}

    def test_web(lab):
        assert lab.namespace == "test-web-abc123"
"""


@pytest.mark.parametrize(("scope", "count"), [("class", 1), ("module", 1), ("function", 2)])
def test_a_fixture_of_any_scope_has_a_namespace_for_as_long(
    pytester: pytest.Pytester, maker: Maker, api: ApiServer, scope: str, count: int
) -> None:
    pytester.makepyfile(SCOPED.format(scope=scope, passes=True))
    pytester.runpytest().assert_outcomes(passed=3)
    did = [(call.method, call.path) for call in api.calls if call.path in (SHOP, NAMESPACE) and call.method != "GET"]
    assert did.count(("PATCH", SHOP)) == did.count(("DELETE", SHOP)) == count
    if scope == "class":
        assert did.index(("DELETE", SHOP)) < did.index(("PATCH", NAMESPACE)), "it ends with the class"
    assert not list((maker.directory / "tests").iterdir())


@pytest.mark.usefixtures("maker")
def test_the_namespace_of_a_wider_scope_is_diagnosed_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SCOPED.format(scope="module", passes=False))
    result = pytester.runpytest()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*test_two*", "*- lab: namespace shop-abc123 -*"])


@pytest.mark.usefixtures("maker")
def test_a_cluster_that_is_lost_does_not_take_the_report_with_it(pytester: pytest.Pytester, maker: Maker) -> None:
    pytester.makepyfile(
        f"""
        from pathlib import Path
        def test_web(lab):
            for path in Path({str(maker.directory)!r}).glob("*"):
                if path.is_file():
                    path.unlink()
            assert not lab.client.list("pod", lab.namespace), "no cluster"
        """
    )
    result = pytester.runpytest()
    assert "INTERNALERROR" not in result.stdout.str()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- lab: namespace test-web-abc123 -*"])
    result.stdout.no_fnmatch_line("*correct-horse-battery*")


def test_a_namespace_that_is_refused_is_said_without_a_traceback(
    pytester: pytest.Pytester, maker: Maker, api: ApiServer
) -> None:
    api.on("PATCH", NAMESPACE, lambda call: call.refuse(403, "not in this cluster"))
    pytester.makepyfile(PASSING)
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*not in this cluster*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*testing/*.py:*")


def test_what_a_session_shares_can_be_pulled_too(pytester: pytest.Pytester, maker: Maker, api: ApiServer) -> None:
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    known = {"metadata": {"name": "default"}, "imagePullSecrets": [{"name": "theirs"}, {"name": "lab-registry"}]}
    api.on("GET", account, lambda call: call.answer(known))
    pytester.makepyfile(
        """
        def test_web(lab_cluster):
            assert lab_cluster.namespace == "default"
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)
    applied = [json.loads(call.body) for call in api.calls if call.method == "PATCH" and call.path == account]
    assert [manifest["imagePullSecrets"] for manifest in applied] == [[{"name": "theirs"}, {"name": "lab-registry"}]]


def test_a_namespace_that_cannot_be_prepared_does_not_stay(
    pytester: pytest.Pytester, maker: Maker, api: ApiServer
) -> None:
    api.on("PATCH", f"{NAMESPACE}/serviceaccounts/default", lambda call: call.answer({"message": "no"}, status=403))
    pytester.makepyfile(PASSING)
    pytester.runpytest().assert_outcomes(errors=1)
    assert api.count("DELETE", NAMESPACE) == 1
    assert not list((maker.directory / "tests").iterdir())


def test_a_cluster_whose_namespaces_are_somebody_elses_is_refused(
    pytester: pytest.Pytester, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Maker, "capabilities", frozenset())
    maker.running.append("mine")
    pytester.makepyfile(PASSING)
    result = pytester.runpytest("--lab-name=mine")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*provider stand-in: makes no namespaces*"])
    assert maker.did == []


def test_a_running_lab_is_used_and_stays(pytester: pytest.Pytester, maker: Maker) -> None:
    maker.running.append("mine")
    pytester.makepyfile(PASSING)
    pytester.runpytest("--lab-name=mine").assert_outcomes(passed=1)
    assert maker.did == []


def test_what_is_kept_is_said_with_the_command_that_ends_it(
    pytester: pytest.Pytester, maker: Maker, api: ApiServer
) -> None:
    pytester.makepyfile(PASSING)
    result = pytester.runpytest("--lab-keep", "--lab-name=mine")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["lab mine goes on; end it with: lab down --name mine"])
    assert maker.did == ["create mine", "wait", "keep"]
    assert api.count("DELETE", NAMESPACE) == 0


def test_no_cluster_is_an_error_and_never_a_pass_or_a_skip(pytester: pytest.Pytester, maker: Maker) -> None:
    maker.error = LabError("will not do: no docker command", object="Docker", next_step="apt-get install docker.io")
    pytester.makepyfile(PASSING)
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no cluster for the tests: Docker: will not do: no docker command"])
    assert "Traceback" not in result.stdout.str()


def test_workers_do_not_make_one_named_lab_each(pytester: pytest.Pytester) -> None:
    # A process of its own, as xdist's workers are: there the stand-in is not, and nothing may be created.
    pytester.makepyfile(PASSING)
    result = pytester.runpytest_subprocess("-n1", "--lab-name=not-there", "--lab-provider=kind")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*lab not-there: does not run, and several workers cannot each make it"])
    result.stdout.fnmatch_lines(["*next: lab up --name not-there"])


def test_a_run_that_asks_for_nothing_imports_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        def test_nothing():
            ours = {name for name in sys.modules if name.startswith("lab_helpers")}
            assert ours == {"lab_helpers", "lab_helpers.testing", "lab_helpers.testing.plugin"}
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_fixture_named_lab_of_another_project_wins(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.fixture
        def lab():
            return "mine"
        def test_mine(lab):
            assert lab == "mine"
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)
