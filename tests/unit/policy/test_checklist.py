"""`lab checklist app`: boxes are ticked by evidence in repositories of any language, and open without it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lab_helpers import checkout, shell
from lab_helpers.cli.main import app
from lab_helpers.errors import LabError

from .trees import write

_README = "# Shop\n\nA small service that says what a number of pieces costs.\n\n## Run\n\n```sh\nmake run\n```\n"
_WORKFLOW = """\
on: push
jobs:
  ci:
    steps:
      - run: {test}
      - uses: docker/build-push-action@v7
        with:
          push: true
"""
_PYTHON: Mapping[str, str] = {
    "Dockerfile": (
        "FROM python:3.13-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n"
        'USER 10001:10001\nCMD ["python", "main.py"]\n'
    ),
    "requirements.txt": "flask==3.1\n",
    "main.py": (
        "import os\nimport signal\n\nfrom flask import Flask\n\n"
        "app = Flask(__name__)\nPORT = os.environ['PORT']\n\n\n"
        "@app.get('/health')\ndef health():\n    return 'ok'\n\n\n"
        "@app.get('/ready')\ndef ready():\n    return 'ok'\n\n\n"
        "signal.signal(signal.SIGTERM, lambda *_: None)\n"
    ),
    ".env.example": "# The port.\nPORT=\n",
    ".github/workflows/ci.yml": _WORKFLOW.format(test="pytest"),
    "tests/test_main.py": "from main import app\n\n\ndef test_health():\n    app.test_client().get('/health')\n",
    "README.md": _README,
}
_NODE: Mapping[str, str] = {
    "Dockerfile": (
        "FROM node:24 AS build\nCOPY package*.json .\nRUN npm --omit=dev ci\n\n"
        "FROM gcr.io/distroless/nodejs24:nonroot\n"
        'COPY --from=build /app .\nENTRYPOINT ["/nodejs/bin/node"]\nCMD ["server.js"]\n'
    ),
    "package.json": '{"dependencies": {"express": "5.1.0"}}\n',
    "server.js": (
        "const app = require('express')();\n\n"
        "app.get('/healthz', (q, r) => r.end());\napp.get('/readyz', (q, r) => r.end());\n"
        "const server = app.listen(process.env.PORT);\nprocess.once('SIGTERM', () => server.close());\n"
    ),
    "env.sample": "export PORT=8080\n",
    ".gitlab-ci.yml": (
        "test:\n  script:\n    - npm test\n"
        "image:\n  script:\n    - docker build -t $IMAGE .\n    - docker push $IMAGE\n"
    ),
    "server.test.js": "const request = require('supertest');\n\nit('answers', () => request(app).get('/'));\n",
    "README.md": _README,
}
_GO: Mapping[str, str] = {
    "Dockerfile": (
        "FROM golang:1.26 AS build\nCOPY . .\nRUN CGO_ENABLED=0 \\\n    go build -o /shop .\n\nFROM scratch\n"
        'ARG UID=65532\nUSER ${UID}\nENTRYPOINT ["/shop"]\n'
    ),
    "go.mod": "module shop\n",
    "main.go": (
        'package main\n\nimport (\n\t"net/http"\n\t"os"\n)\n\nfunc main() {\n'
        '\thttp.HandleFunc("GET /livez", ok)\n\thttp.HandleFunc("GET /readyz", ok)\n'
        '\thttp.ListenAndServe(os.Getenv("ADDRESS"), nil)\n}\n'
    ),
    "signals/list.go": "package signals\n\nvar ending = []os.Signal{os.Interrupt, syscall.SIGTERM}\n",
    "signals/listen.go": "package signals\n\nfunc Listen() { signal.Notify(ends, ending...) }\n",
    ".env.dist": "ADDRESS=\n",
    ".github/workflows/build.yaml": "jobs:\n  ci:\n    steps:\n      - run: ./ci/all.sh\n",
    "ci/all.sh": "go test ./...\nko build --push=true .\n",
    "main_test.go": "package main\n\nfunc TestMain(t *testing.T) { httptest.NewServer(nil) }\n",
    "README.md": _README,
}
_TREES = {"python": _PYTHON, "node": _NODE, "go": _GO}


def _checklist(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["checklist", "app", *map(str, arguments)], catch_exceptions=True)
    if isinstance(result.exception, LabError):
        return result.exception.exit_code, str(result.exception)
    return result.exit_code, result.stdout


def _repository(root: Path, files: Mapping[str, str]) -> Path:
    shell.run(["git", "init", "--quiet", write(root, files)])
    return root


def _judge(root: Path, files: Mapping[str, str]) -> dict[str, Any]:
    """Each box of a repository, by its name."""
    _code, text = _checklist("--json", _repository(root, files))
    return {box["box"]: box for box in json.loads(text)["boxes"]}


def _open(boxes: Mapping[str, Any]) -> set[str]:
    return {name for name, box in boxes.items() if box["state"] == "open"}


@pytest.mark.parametrize("language", _TREES)
def test_a_complete_repository_has_every_box_ticked(language: str, tmp_path: Path) -> None:
    code, text = _checklist(_repository(tmp_path, _TREES[language]))
    assert "✗" not in text, text
    assert (code, text.splitlines()[-1]) == (0, "all boxes are ticked")


@pytest.mark.parametrize(
    ("language", "file", "written", "instead", "box"),
    [
        ("python", "Dockerfile", "USER 10001:10001", "USER root", "dockerfile"),
        ("python", "Dockerfile", "USER 10001:10001", "", "dockerfile"),
        ("python", "Dockerfile", 'CMD ["python", "main.py"]', "CMD python main.py", "dockerfile shutdown"),
        ("python", "Dockerfile", 'CMD ["python", "main.py"]', 'CMD ["sh", "-c", "python main.py"]', "shutdown"),
        ("python", "Dockerfile", "RUN pip install -r requirements.txt", "RUN ls", "dockerfile"),
        ("python", "main.py", "@app.get('/ready')", "# '/ready' comes later", "probes"),
        ("python", "main.py", "@app.get('/health')", "requests.get('http://other/health')", "probes"),
        ("python", "main.py", "@app.get('/health')", "session.get(base + '/health')", "probes"),
        ("python", "main.py", "@app.get('/health')", "path = '/health'", "probes"),
        ("node", "server.js", "app.get('/healthz', (q, r) => r.end());", "await client.get('/healthz');", "probes"),
        ("node", "server.js", "app.get('/healthz', (q, r) => r.end());", "const PATH = '/healthz';", "probes"),
        ("node", "server.js", "app.get('/healthz', (q, r) => r.end());", "new URL('/healthz', target);", "probes"),
        ("go", "main.go", 'http.HandleFunc("GET /livez", ok)', 'http.Get(base + "/livez")', "probes"),
        ("python", "main.py", "signal.signal(signal.SIGTERM, lambda *_: None)", "# SIGTERM", "shutdown"),
        ("python", "main.py", "signal.signal(", "os.kill(1, ", "shutdown"),
        ("python", ".env.example", "PORT=", "HOST=", "settings"),
        ("python", "tests/test_main.py", "def test_", "def help_", "tests"),
        ("python", "tests/test_main.py", "app.test_client().get('/health')", "assert app", "tests"),
        ("python", "README.md", "## Run", "## Licence", "readme"),
        ("python", "README.md", "```sh\nmake run\n```", "As usual.", "readme"),
        ("python", "README.md", "A small service that says what a number of pieces costs.", "", "readme"),
        ("node", "Dockerfile", ":nonroot", "", "dockerfile"),
        ("node", "Dockerfile", '["/nodejs/bin/node"]', '["npm", "run"]', "shutdown"),
        ("node", "server.js", "'/readyz'", "'/'", "probes"),
        ("node", ".gitlab-ci.yml", "docker push $IMAGE", "echo done", "workflow"),
        ("node", ".gitlab-ci.yml", "npm test", "npm run build", "workflow"),
        ("node", "server.test.js", "supertest", "assert", "tests"),
        ("go", "Dockerfile", "UID=65532", "UID=0", "dockerfile"),
        ("go", "signals/listen.go", "signal.Notify(ends, ending...)", "", "shutdown"),
        ("go", "ci/all.sh", "go test ./...", "go vet ./...", "workflow"),
        ("go", ".env.dist", "ADDRESS=", "", "settings"),
    ],
)
def test_without_its_evidence_a_box_is_open(
    language: str, file: str, written: str, instead: str, box: str, tmp_path: Path
) -> None:
    files = dict(_TREES[language])
    assert written in files[file]
    files[file] = files[file].replace(written, instead)
    boxes = _judge(tmp_path, files)
    assert _open(boxes) == set(box.split())
    open_points = [point for name in box.split() for point in boxes[name]["points"] if point["state"] == "open"]
    assert open_points
    assert all(point["next_step"] for point in open_points)


def test_what_a_client_beside_the_server_asks_is_not_served(tmp_path: Path) -> None:
    asks = "PATHS = {'/health': 200, '/ready': 200}\n\n\ndef path():\n    return '/health'\n"
    files = dict(_PYTHON) | {"main.py": _PYTHON["main.py"].replace("'/health'", "'/'"), "client/probe.py": asks}
    assert _open(_judge(tmp_path, files)) == {"probes"}


@pytest.mark.parametrize(
    "served",
    [
        "HEALTH = '/health'\n\n\n@app.get(HEALTH)",
        "ROUTES = {'/health': health}",
        "if request.path == '/health':\n    pass",
    ],
)
def test_a_path_is_served_in_whatever_way_it_is_written(served: str, tmp_path: Path) -> None:
    files = dict(_PYTHON) | {"main.py": _PYTHON["main.py"].replace("@app.get('/health')", served)}
    assert _open(_judge(tmp_path, files)) == set()


def test_nothing_but_a_readme_leaves_all_else_open(tmp_path: Path) -> None:
    assert _open(_judge(tmp_path, {"README.md": _README})) == {
        *("dockerfile", "logic", "probes", "settings", "workflow", "tests", "shutdown")
    }


def test_a_job_needs_no_probes_where_its_readme_says_that_it_is_one(tmp_path: Path) -> None:
    job = dict(_PYTHON) | {"main.py": "import signal\n\nsignal.signal(signal.SIGTERM, stop)\n\na = 1\nb = 2\nc = 3\n"}
    assert _open(_judge(tmp_path / "silent", job)) == {"probes"}
    job["README.md"] += "\nIt runs as a CronJob.\n"
    assert _judge(tmp_path / "said", job)["probes"]["state"] == "not-needed"


def test_a_server_needs_probes_whatever_its_readme_says(tmp_path: Path) -> None:
    server = dict(_PYTHON) | {"README.md": _README + "\nA CronJob cleans up.\n"}
    server["main.py"] = server["main.py"].replace("'/health'", "'/'").replace("'/ready'", "'/'")
    assert _open(_judge(tmp_path, server)) == {"probes"}


def test_evidence_says_where_it_lies_and_shows_no_value_of_a_setting(tmp_path: Path) -> None:
    files = dict(_PYTHON) | {".env.example": "PORT=\nTOKEN=correct-horse\n"}
    _code, text = _checklist(_repository(tmp_path, files))
    assert f"{tmp_path}/Dockerfile:5  USER 10001:10001" in text
    assert f"{tmp_path}/main.py:20  signal.signal(signal.SIGTERM, lambda *_: None)" in text
    assert f"{tmp_path}/.env.example  2 variables" in text
    assert "correct-horse" not in text


def test_generated_code_is_neither_evidence_nor_slow(tmp_path: Path) -> None:
    line = "/a/b" * 100_000 + "'/ready'"
    files = dict(_PYTHON) | {"bundle.js": line, "main.py": _PYTHON["main.py"].replace("'/ready'", "'/'")}
    assert _open(_judge(tmp_path, files)) == {"probes"}


@pytest.mark.parametrize("name", ["prj_02", "prj_03", "prj_04"])
def test_an_application_of_the_template_needs_only_a_repository_of_its_own(name: str) -> None:
    code, text = _checklist("--json", checkout.app_directory() / name)
    boxes = {box["box"]: box for box in json.loads(text)["boxes"]}
    assert (code, _open(boxes)) == (1, {"repository"})
    assert f"subtree split --prefix app/{name}" in boxes["repository"]["points"][0]["next_step"]


def test_json_is_english_in_every_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", "ko")
    record = json.loads(_checklist("--json", _repository(tmp_path, _PYTHON))[1])
    assert (record["version"], record["checklist"], record["open"]) == (1, "app", 0)
    point = record["boxes"][1]["points"][2]
    assert point["statement"] == "it runs as a user that is not root"
    assert point["place"] == {"file": "Dockerfile", "line": 5, "text": "USER 10001:10001"}


def test_misuse_is_exit_code_2_with_what_to_type(tmp_path: Path) -> None:
    assert _checklist(tmp_path / "missing")[0] == 2
    assert _checklist(tmp_path)[0] == 2, "nothing is there"
    code, text = _checklist(checkout.source_directory())
    assert code == 2
    assert "lab checklist app" in text
    result = CliRunner().invoke(app, ["checklist", "nonsense", str(tmp_path)])
    assert isinstance(result.exception, LabError)
    assert (result.exception.exit_code, result.exception.object) == (2, "nonsense")
