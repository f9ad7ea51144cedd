"""What must never be mixed: planted in App, Deploy and template, each is found once; what only looks like it is not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lab_helpers.policy import Kind

from .trees import APP, DEPLOY, Files, judge, places

_KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7bq0Zk3uXW9nFQdT5cVr2yLhGj8sPoiE1aRtBvKxMwNzYfCu\n" * 3
_STACK = """services:
  web:
    image: ghcr.io/org/web:v1.0.0
    ports: ["80:8080"]
    deploy:
      placement: {constraints: [node.role == manager]}
"""
_LOCAL = """services:
  web:
    build: .
    ports: ["8080:8080"]
    environment:
      DATABASE_PASSWORD: s3cr3t-local
    secrets: [db-password]
secrets:
  db-password:
    file: db/db-password.txt
"""

# What is planted in an App repository: the file, its content, the rule, the line.
_IN_APP = [
    ("src/db.py", 'PASSWORD = "hunter2-prod!"\n', "app-secret", 1),
    ("src/db.py", 'connect(host=HOST,\n        password="tr0ub4dor&3")\n', "app-secret", 2),
    ("src/db.py", 'KEY = os.environ.get("API_KEY", "9f8a7c6b5d4e3f21")\n', "app-secret", 1),
    ("src/auth.js", "const secret = process.env.JWT_SECRET || 'superSecret42';\n", "app-secret", 1),
    ("src/auth.ts", "export const apiKey: string = 'b7d1c0ffee9a44';\n", "app-secret", 1),
    ("src/Db.java", 'private String dbPassword = "Winter2024!";\n', "app-secret", 1),
    ("src/db.go", 'dsn := "postgres://app:Xk29sLq0@db.shop.io:5432/shop"\n', "app-secret", 1),
    ("config/database.php", "'password' => 'kJ8#mQz2',\n", "app-secret", 1),
    ("config/application.yml", "spring:\n  datasource:\n    password: Gj28sKxQ\n", "app-secret", 3),
    ("src/main/resources/application.properties", "spring.datasource.password=Sommer2023\n", "app-secret", 1),
    ("appsettings.json", '{"Db": "Server=db;User Id=app;Password=Zx81!kq;"}\n', "app-secret", 1),
    ("config.toml", '[auth]\nclient_secret = "Ab3dEf6hIj9k"\n', "app-secret", 2),
    ("deploy.sh", "export GITHUB_TOKEN=ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6k\n", "app-secret", 1),
    ("settings.py", 'AWS_KEY = "AKIA' + 'QX7PLMN4RST2UVWY"\n', "app-secret", 1),
    ("certs/server.pem", _KEY, "app-secret", 1),
    ("notes/odd-name.dat", "some text\n" + _KEY, "app-secret", 2),
    ("gcp.json", '{"private_key": "' + _KEY.replace("\n", "\\n") + '"}\n', "app-secret", 1),
    ("Dockerfile.web", "FROM scratch\nENV DB_PASSWORD=Xk29sLq0\n", "app-secret", 2),
    ("secrets/db_password.txt", "kJ8-mQz2-Lw5\n", "app-secret", 1),
    (
        "kubeconfig",
        "apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- user:\n    token: Zm9vYmFyLTEyMzQ\n",
        "app-secret",
        6,
    ),
    (".env", "PORT=8080\nDB_PASSWORD=Xk29sLq0\nAPI_KEY=Zk29sLq0\n", "app-env-file", 2),
    (".env.production", "LOG_LEVEL=info\n", "app-env-file", 1),
    ("web/prod.env", "REDIS_HOST=cache-1\n", "app-env-file", 1),
    ("docker-compose.prod.yml", "services:\n  web:\n    build: .\n", "app-compose", 1),
    ("docker-stack.yml", _STACK, "app-compose", 1),
    ("compose.yaml", _STACK, "app-compose", 1),
    ("compose.yaml", _STACK.partition("    deploy")[0] + "    restart: always\n", "app-compose", 1),
    (
        "compose.yaml",
        _STACK.partition("    deploy")[0] + "    volumes: ['./letsencrypt:/etc/letsencrypt']\n",
        "app-compose",
        1,
    ),
    ("src/store.py", 'with open("/data/prj-01/state.json") as file:\n', "app-volume-path", 1),
    ("src/store.py", 'DATA_DIR = Path("/mnt/readings")\n', "app-volume-path", 1),
    ("src/store.js", "fs.writeFileSync('/data/uploads/a.json', text)\n", "app-volume-path", 1),
    ("src/Store.java", 'Path root = Paths.get("/srv/shop/uploads");\n', "app-volume-path", 1),
    ("src/store.go", 'const dataDir = "/data/prj-01/db"\n', "app-volume-path", 1),
    ("config/app.yaml", "storage:\n  upload_dir: /data/uploads\n", "app-volume-path", 2),
    ("config/prod.yml", "file:\n  path: /home/eladmin/file/\n", "app-volume-path", 2),
    ("src/settings.py", 'ALLOWED_HOSTS = ["www.shop-example-prod.io"]\n', "app-address", 1),
    ("src/settings.py", 'SITE_URL = env("SITE_URL", "https://shop.acme-corp.com")\n', "app-address", 1),
    ("src/db.py", 'HOST = "10.20.30.40"\n', "app-address", 1),
    ("src/db.js", "const url = 'http://52.14.33.7:9000/api'\n", "app-address", 1),
    ("config/redis.yaml", "redis:\n  host: 192.168.10.20\n", "app-address", 2),
    ("src/db.py", 'DB_HOST = "db-1.prod.internal"\n', "app-address", 1),
    ("src/db.ts", "host: 'shop.c9x8y7.eu-west-1.rds.amazonaws.com',\n", "app-address", 1),
    ("nginx/default.conf", "server {\n  server_name shop.acme-corp.com;\n}\n", "app-address", 2),
    ("supervisor.conf", "[program:web]\ndirectory=/home/deploy/shop\n", "app-address", 2),
    ("scripts/deploy.sh", "ssh deploy@52.14.33.7 sudo systemctl restart shop\n", "app-address", 1),
]

# What is planted in a Deploy repository.
_IN_DEPLOY = [
    ("Dockerfile", "FROM python:3.13\n", "deploy-dockerfile", 1),
    ("web/dockerfile", "FROM node:24\n", "deploy-dockerfile", 1),
    ("images/web.Dockerfile", "FROM node:24\n", "deploy-dockerfile", 1),
    ("k8s/base/app.py", "print('hello')\n", "deploy-source", 1),
    ("src/server.js", "http.createServer()\n", "deploy-source", 1),
    ("main.go", "package main\n", "deploy-source", 1),
    ("requirements.txt", "flask==3.1.0\n", "deploy-dependencies", 1),
    ("web/package.json", '{"dependencies": {"express": "5.0.0"}}\n', "deploy-dependencies", 1),
    ("pom.xml", "<project/>\n", "deploy-dependencies", 1),
    ("Makefile", "build:\n\tdocker build -t web .\n", "deploy-build", 2),
    (".github/workflows/image.yml", "steps:\n  - uses: docker/build-push-action@v6\n", "deploy-build", 2),
    ("_shared/scripts/build/image.sh", "#!/bin/sh\nbuildah bud -t web .\n", "deploy-build", 2),
    ("migrations/001_init.sql", "CREATE TABLE reading (sensor text);\n", "deploy-migration", 1),
    ("sql/V2__add.sql", "ALTER TABLE reading ADD at timestamptz;\n", "deploy-migration", 1),
    ("k8s/base/schema.sql", "-- tables\nCREATE TABLE reading (sensor text);\n", "deploy-migration", 1),
    ("k8s/overlays/production/secrets.env", "A=1\nDB_PASSWORD=Xk29sLq0\n", "deploy-secret", 2),
    (".env", "POSTGRES_PASSWORD=postgres\n", "deploy-secret", 1),
    (
        "kubeconfig.yaml",
        "apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- user:\n    token: Zm9vYmFyLTEyMzQ\n",
        "deploy-secret",
        6,
    ),
    ("secrets/sops/production/prj-02.sops.env", "API_KEY=Xk29sLq0\n", "deploy-secret", 1),
    ("secrets/sops/production/prj-02.sops.env", "SMTP=mailer\n", "deploy-secret", 1),
    ("mail.sops.yaml", "smtp:\n  user: mailer\n", "deploy-secret", 1),
    ("certs/tls.key", _KEY, "deploy-secret", 1),
    ("terraform.tfvars", 'db_password = "Xk29sLq0"\n', "deploy-secret", 1),
    ("_shared/scripts/deploy/login.sh", "export REGISTRY_PASSWORD=Xk29sLq0\n", "deploy-secret", 1),
]


@pytest.mark.parametrize(("path", "text", "rule", "line"), _IN_APP)
def test_what_is_planted_in_an_app_repository_is_found_once(
    path: str, text: str, rule: str, line: int, tmp_path: Path
) -> None:
    assert places(judge(tmp_path, {**APP, path: text})) == [(rule, path, line)]


@pytest.mark.parametrize(("path", "text", "rule", "line"), _IN_DEPLOY)
def test_what_is_planted_in_a_deploy_repository_is_found_once(
    path: str, text: str, rule: str, line: int, tmp_path: Path
) -> None:
    assert places(judge(tmp_path, {**DEPLOY, path: text}, Kind.DEPLOY)) == [(rule, path, line)]


@pytest.mark.parametrize(
    ("part", "path", "text", "rule", "line"),
    [("app/prj_01", *planted) for planted in _IN_APP[::4]] + [("infra", *planted) for planted in _IN_DEPLOY[::3]],
)
def test_what_is_planted_in_a_template_is_found_once(
    part: str, path: str, text: str, rule: str, line: int, tmp_path: Path
) -> None:
    files = {f"app/prj_01/{name}": content for name, content in APP.items()}
    files |= {f"infra/{name}": content for name, content in DEPLOY.items()}
    report = judge(tmp_path, {**files, f"{part}/{path}": text})
    if path.startswith(".github"):
        pytest.skip("workflows lie at the top of a repository")
    assert places(report) == [(rule, f"{part}/{path}", line)]


_INNOCENT_IN_APP: list[Files] = [
    {".env.example": "DB_PASSWORD=change-me\nHOST=10.20.30.40\n", ".env.sample": "API_KEY=Xk29sLq0\n"},
    {".env": "DB_PASSWORD=\nAPI_KEY=\n"},
    {".env": "REACT_APP_TITLE=Shop\nCOMPOSE_PROJECT_NAME=shop\n"},
    {"src/db.py": 'password = os.environ["DB_PASSWORD"]\n', "src/a.py": 'TOKEN_HEADER = "X-Auth-Token"\n'},
    {"src/db.js": "const password = process.env.DB_PASSWORD || '';\n"},
    {"src/forms.py": 'password = CharField(label="Password")\nPASSWORD_FIELD = "password"\n'},
    {"src/messages.js": "export default { password: 'Please enter your password', token: 'Token expired' }\n"},
    {"src/locales/en.json": '{"password": "Passw0rd!", "secret": "Geheim123"}\n'},
    {"src/forms.tsx": 'const fields = { password: "current-password", token: "access_token" }\n'},
    {"tests/test_login.py": 'password = "hunter2-prod!"\nHOST = "10.20.30.40"\n'},
    {"src/login.spec.ts": "const password = 'hunter2-prod!'\n"},
    {"README.md": "Set `DB_PASSWORD=Xk29sLq0` and visit http://52.14.33.7:8080.\n"},
    {"config/app.yaml": "password: ${DB_PASSWORD}\ntoken: {{ .token }}\nsecret: <your>\napi_key: your-api-key\n"},
    {"config/app.yaml": "sops:\n  mac: ENC[AES256_GCM,data:abc]\npassword: Xk29sLq0\n"},
    {"config/dev.yaml": "password: Xk29sLq0\nhost: 192.168.10.20\n"},
    {"src/tokens.py": 'TOKEN_URL = "https://auth.shop.io/token"\nSECRET_NAME = "shop-db-credentials"\n'},
    {"src/keys.py": 'PUBLIC_KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"\nCACHE_KEY = "user:1:profile9"\n'},
    {"certs/ca.crt": "-----BEGIN CERTIFICATE-----\n" + _KEY.partition("\n")[2]},
    {"src/pem.py": 'if text.startswith("-----BEGIN PRIVATE KEY-----"):\n    pass\n'},
    {"docs/keys.md": "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n"},
    {"src/aws.py": 'KEY = "AKIAIOSFODNN7EXAMPLE"\n'},
    {".github/workflows/ci.yml": "env:\n  POSTGRES_PASSWORD: Xk29sLq0\n  TOKEN: ${{ secrets.A }}\n  id-token: write\n"},
    {"docker-compose.yml": _LOCAL, "db/db-password.txt": "db-q5n2g8\n"},
    {"docker-compose.override.yml": "services:\n  web:\n    restart: always\n    image: web\n    ports: ['80:80']\n"},
    {"docker-compose.test.yml": _STACK, "compose.ci.yaml": _STACK},
    {"docker-compose.yml": "services:\n  db:\n    image: postgres:15\n    restart: always\n    ports: ['5432:5432']\n"},
    {"Dockerfile.worker": "FROM scratch\nVOLUME /data\nENV DATA_DIR=/data\n"},
    {
        "src/routes.js": "app.get('/data/readings', list)\nfetch('/data/readings.json')\n",
        "src/r.ts": "{ path: '/data/list' }\n",
    },
    {"src/settings.py": 'DATA_DIR = os.environ.get("DATA_DIR", "/data/prj-01")\n'},
    {"src/bind.py": 'HOST = "0.0.0.0"\nLOCAL = "127.0.0.1"\nMETA = "http://169.254.169.254/latest"\nDNS = "8.8.8.8"\n'},
    {"src/doc.py": 'HOST = "192.0.2.10"\nURL = "https://www.example.com"\nserver = "203.0.113.7"\n'},
    {
        "src/version.py": 'server_version = "10.20.30.40"\nVERSION = "1.2.3.4"\n',
        "requirements.txt": "host==52.14.33.7\n",
    },
    {"src/agent.py": 'HOST_AGENT = "Mozilla/5.0 Chrome/91.0.4472.124"\nNETWORK_HOST = "10.0.0.0/8"\n'},
    {"src/mail.py": 'SERVER_EMAIL = "ops@shop.acme-corp.com"\n', "src/api.py": 'HOST = "https://api.github.com"\n'},
    {"nginx/default.conf": "server {\n  server_name _ localhost;\n  root /usr/share/nginx/html;\n}\n"},
    {".devcontainer/devcontainer.json": '{"password": "Xk29sLq0", "host": "10.20.30.40"}\n'},
    {"package-lock.json": '{"token": "Xk29sLq0Xk29sLq0", "resolved": "http://10.20.30.40/a.tgz"}\n'},
    {".env": "API_URL=http://localhost:8080\nWEB_TAG=v1\n", "src/a.properties": "password=${DB_PASSWORD:petclinic}\n"},
    {"config/production/secrets.ejson": '{"_public_key": "a1", "api_key": "EJ[1:Zk29sLq0=]"}\n'},
    {"src/proxy.py": 'def f():\n    """So:\n\n    HOST = "192.168.2.14"\n    password = "Xk29sLq0"\n    """\n'},
    {"cni/testdata/kubeconfig": "kind: Config\nclusters: []\ntoken: Zm9vYmFyLTEyMzQ\n", "a.go": 'HostIP: "1.3.3.7"\n'},
    {"src/domains.ts": "\n".join(f"{{ domain: 'shop{n}.co{n}rp{n}.com' }}," for n in range(9))},
    {"unittests/scan.yaml": "host: 52.14.33.7\npassword: Xk29sLq0\n", "src/scan.json": '{"host": "52.14.33.7"}\n'},
    {"src/main/resources/login_zh.properties": "form.error.invalidCredential=无效的凭证。\n"},
    {"src/k.ts": "localStorageKey = 'first9Run'\n"},
    {"src/main/resources/setting.yaml": "apiVersion: v1alpha1\nkind: Setting\nmetadata:\n  name: mail\n"},
    {"src/main/resources/mail.yaml": "apiVersion: mail.halo.run/v1\nkind: Notifier\nmetadata:\n  name: mail\n"},
    {"talos/watchdog.yaml": "apiVersion: v1alpha1\nkind: WatchdogTimerConfig\ndevice: /dev/watchdog0\n"},
    {"src/Apprise.vue": '<div>{{ $t("Example:", ["twilio://AccountSid:AuthToken@FromPhoneNo"]) }}</div>\n'},
    {"web/.env.production": "NODE_ENV=production\nVITE_URL=\n"},
    {"compose.yaml": "services:\n  web:\n    image: web\n    ports: ['127.0.0.1:80:80']\n    # certresolver=x\n"},
    {"config/options.go": 'youTubeEmbedDomain: "www.youtube-nocookie.com",\n'},
    {"util/config.go": 'Scope: "https://ossrdbms-aad.database.windows.net/.default",\n'},
    {"Web.config": '<assemblyIdentity name="Json" publicKeyToken="30ad4fe6b2a6aeed" />\n'},
    {"src/config.py": 'BACKEND = "django.core.cache.backends.db.DatabaseCache"\nsecret_key = secrets.token_hex()\n'},
]

_INNOCENT_IN_DEPLOY: list[Files] = [
    {"scripts/deploy.py": "print()\n", "_shared/scripts/k3s/install.sh": "curl -sfL https://get.k3s.io | sh -\n"},
    {"_shared/scripts/build/generate_build_tag.sh": '#!/bin/sh\ngit rev-parse HEAD\necho "docker build comes next"\n'},
    {"_shared/migrations/001_init.sql": "CREATE TABLE reading (sensor text);\n"},
    {"k8s/base/init.sql": "CREATE DATABASE prj;\nCREATE USER app;\n"},
    {"requirements.txt": "ansible==11.1.0\njmespath\n", "package.json": '{"devDependencies": {"prettier": "3"}}\n'},
    {"tests/k8s/test_manifests.py": "import yaml\n", "docs/conf.py": "project = 'deploy'\n"},
    {"k8s/base/config.env": "LOG_LEVEL=info\nDB_HOST=db.prod.internal\n"},
    {
        "k8s/base/secrets/prj-02.env.example": "DB_PASSWORD=\n",
        "secrets.enc.env": "DB_PASSWORD=ENC[AES256_GCM,data:x]\nsops_mac=x\n",
    },
    {"secret.sops.yaml": "password: ENC[AES256_GCM,data:abc,type:str]\nsops:\n  age: []\n"},
    {
        ".sops.yaml": "creation_rules:\n  - path_regex: production/\n    age: age1hmle3d0p0d8e40pvlz2nxzx\n",
        "production/prj-02.sops.env": "API_KEY=ENC[AES256_GCM,data:YSk8q,type:str]\nsops_version=3.13.3\n",
        "production/none.sops.env": "\n",
    },
    {"vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n6162\n"},
    {"ingress.yaml": "host: shop.acme-corp.com\naddress: 10.20.30.40\n"},
    {"Pulumi.yaml": "name: infra\nruntime: nodejs\n", "index.ts": "import * as k8s from '@pulumi/kubernetes';\n"},
    {".github/workflows/lint.yml": "steps:\n  - run: kubectl kustomize k8s/overlays/staging\n"},
    {"go.mod": "module x\n", "tests/e2e/main_test.go": "package e2e\n", "graphs/web.dashboard.py": "x = 1\n"},
    {"k8s/base/more/kustomization.yaml": "patches:\n- patch: |-\n    - op: add\n      path: /data\n"},
    {"eslint.config.js": "export default []\n", ".github/renovate.json5": "{}\n"},
]


@pytest.mark.parametrize("files", _INNOCENT_IN_APP, ids=lambda files: next(iter(files)))
def test_what_only_looks_wrong_in_an_app_repository_is_left_alone(files: Files, tmp_path: Path) -> None:
    assert places(judge(tmp_path, {**APP, **files})) == []


@pytest.mark.parametrize("files", _INNOCENT_IN_DEPLOY, ids=lambda files: next(iter(files)))
def test_what_only_looks_wrong_in_a_deploy_repository_is_left_alone(files: Files, tmp_path: Path) -> None:
    assert places(judge(tmp_path, {**DEPLOY, **files}, Kind.DEPLOY)) == []


def test_no_secret_is_printed(tmp_path: Path) -> None:
    values = ("hunter2-prod!", "Xk29sLq0", "kJ8-mQz2-Lw5", "MIIEpAIBAAK")
    files = {path: text for path, text, rule, _line in _IN_APP if rule in ("app-secret", "app-env-file")}
    report = judge(tmp_path, {**APP, **files})
    assert len(report.findings) > 15
    assert not any(value in str(finding) for finding in report.findings for value in values)


@pytest.mark.parametrize(
    "value", ["a" * 1900, "aB3dE6gH9" * 200, "ab-" * 600, "a." * 900, "/data/" * 300, "1.2.3." * 300]
)
def test_a_long_value_is_judged_at_once(value: str, tmp_path: Path) -> None:
    names = ("password", "token: str", "host", "upload_dir", "server_name", "x-api-key")
    text = "\n".join(f"{name} = {quote}{value}{quote}" for name in names for quote in ("", '"'))
    started = time.process_time()
    judge(tmp_path, {**APP, "nginx/settings.conf": text, "src/settings.py": text, "deploy.sh": text, ".env.x": text})
    assert time.process_time() - started < 10
