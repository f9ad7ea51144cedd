"""What makes a machine of Oracle's cloud a k3s server, as far as it can be judged without that cloud."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_powershell
import yaml
from jsonschema import Draft4Validator
from tree_sitter import Language, Parser

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.images import debian

PWSH = shell.find("pwsh")
NO_PWSH = "no pwsh on PATH, so that oci_launch_instance.ps1 is parsed here, and run elsewhere"
OCID = "ocid1.example.oc1..aaaa"


@pytest.fixture
def scripts(template: Path) -> Path:
    return template / "_shared/scripts"


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    """What cloud-init itself holds a configuration to, as Debian packages it."""
    try:
        root = debian.unpack("cloud-init").root
    except LabError as error:
        pytest.skip(f"cloud-init's schema: {error}")
    (file,) = root.glob("usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json")
    contents: dict[str, Any] = json.loads(file.read_text())
    return contents


def _problems(schema: dict[str, Any], text: str) -> list[str]:
    """Where a configuration is wrong: its values by the schema, and its own keys, of which the schema bears any."""
    configuration = yaml.safe_load(text)
    definitions = schema["$defs"].values()
    known = {key for definition in definitions for key in definition.get("properties", {})}
    unknown = sorted(configuration.keys() - known)
    return [*unknown, *(error.json_path for error in Draft4Validator(schema).iter_errors(configuration))]


def test_the_first_boot_is_what_cloud_init_understands(scripts: Path, schema: dict[str, Any]) -> None:
    text = (scripts / "oci/cloud-init-k3s.yaml").read_text()
    assert text.startswith("#cloud-config\n"), "cloud-init reads nothing else as one"
    assert _problems(schema, text) == []
    assert _problems(schema, text.replace("permissions:", "mode:")) == ["$.write_files[0]"]
    assert _problems(schema, text.replace("runcmd:", "run_cmd:")) == ["run_cmd"]


def test_the_first_boot_installs_what_the_script_installs(scripts: Path) -> None:
    boot = yaml.safe_load((scripts / "oci/cloud-init-k3s.yaml").read_text())
    environment = {"INSTALL_K3S_VERSION": ""}
    shown = shell.run([scripts / "k3s/install.sh", "--dry-run"], env=environment).stdout
    version = re.search(r"INSTALL_K3S_VERSION=(\S+)", shown)
    assert version is not None
    assert f"INSTALL_K3S_VERSION={version[1]}" in [word for command in boot["runcmd"] for word in command]
    settings = yaml.safe_load(boot["write_files"][0]["content"])
    flags = {f"--{name}" if value is True else f"--{name}={value}" for name, value in settings.items()}
    options = re.search(r"INSTALL_K3S_EXEC=server ([^']*)'", shown)
    assert options is not None
    assert flags == set(options[1].split())


def test_the_script_that_launches_can_be_parsed(scripts: Path) -> None:
    parser = Parser(Language(tree_sitter_powershell.language()))
    script = (scripts / "oci/oci_launch_instance.ps1").read_bytes()
    assert not parser.parse(script).root_node.has_error
    assert parser.parse(script.rstrip(b"}\n")).root_node.has_error


def test_an_instance_in_any_state_but_terminated_is_not_launched_again(scripts: Path) -> None:
    script = (scripts / "oci/oci_launch_instance.ps1").read_text()
    pattern = re.search(r"""-match '(.*lifecycle.*)'\)""", script)
    assert pattern is not None
    assert "--lifecycle-state" not in script, "the list would be of one state"
    there = ("PROVISIONING", "STARTING", "RUNNING", "STOPPING", "STOPPED", "MOVING", "CREATING_IMAGE")
    states = {
        state: json.dumps({"data": [{"lifecycle-state": state}]}) for state in (*there, "TERMINATING", "TERMINATED")
    }
    assert tuple(state for state, listed in states.items() if re.search(pattern[1], listed)) == there


@pytest.mark.skipif(PWSH is None, reason=NO_PWSH)
def test_the_dry_run_shows_one_command_and_asks_nobody(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text("ssh-ed25519 AAAA me\n")
    script = ["pwsh", "-NoProfile", "-File", str(scripts / "oci/oci_launch_instance.ps1")]
    names = ("-CompartmentId", "-SubnetId", "-ImageId", "-AvailabilityDomain")
    arguments = [word for name in names for word in (name, OCID)]
    environment = {"PATH": os.path.dirname(PWSH or "")}  # noqa: PTH120
    printed = shell.run(
        [*script, *arguments, "-SshPublicKeyFile", str(tmp_path / "key.pub"), "-DryRun"], env=environment
    )
    assert printed.stdout.startswith(f"+ oci compute instance launch --compartment-id {OCID} ")
    refused = shell.run([*script, *arguments], check=False, env=environment)
    assert (refused.returncode, "-SshPublicKeyFile is missing; next: " in refused.stderr) == (2, True)
