"""Images without a base: what is in them, and what they run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab_helpers.images import program_image
from lab_helpers.images.layout import ImageLayout


@pytest.mark.parametrize(("programs", "entrypoint"), [(["server", "tool"], ["/usr/bin/server"]), ([], None)])
def test_it_runs_its_first_program_and_without_one_what_the_pod_names(
    programs: list[str], entrypoint: list[str] | None, tmp_path: Path
) -> None:
    (tmp_path / "root" / "bin").mkdir(parents=True)
    (tmp_path / "root" / "bin" / "packaged").write_text("a file of a Debian package")
    (tmp_path / "program").write_text("a static program")
    layout = ImageLayout(tmp_path / "layout")
    paths = dict.fromkeys(programs, tmp_path / "program")
    image = program_image.write(layout, "lab.local/a:v1", paths, [tmp_path / "root"])
    config = json.loads(layout.path(image.parts[0]).read_bytes())["config"]
    assert config.get("Entrypoint") == entrypoint
    assert config["Env"][0].startswith("PATH=")
