"""Values and secrets of an environment are no part of an App repository, and lie encrypted in a Deploy repository."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy import contexts
from lab_helpers.policy.assignments import Assignment
from lab_helpers.policy.compose import is_compose, is_local_compose, secret_files
from lab_helpers.policy.credentials import is_common_default, is_credential_name, is_encrypted, is_placeholder
from lab_helpers.policy.env_files import is_env_file, is_loopback, is_public, values
from lab_helpers.policy.files import File
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.kind import Kind, is_manifest, is_of_chart
from lab_helpers.policy.kubeconfig import credentials_of
from lab_helpers.policy.registry import Violation, rule
from lab_helpers.policy.repository import Part
from lab_helpers.policy.secrets import secrets_in

_NAMED = 4
"""How many variables a message names."""

_OF_SOPS = re.compile(r".\.sops\.(?:ya?ml|json|env|ini)$")  # .sops.yaml itself says for whom, and is readable


@rule(
    "app-secret",
    section="1.1",
    kinds=[Kind.APP, Kind.COMBINED, Kind.REST],
    title=gettext_noop("An App repository holds no secret"),
    why=gettext_noop(
        "Whoever reads the source reads it, in every copy and for ever, and it is the same on every server."
    ),
    fix=gettext_noop("Read it from the environment, name it in .env.example, and change what was readable here."),
)
def app_secrets(part: Part) -> Iterator[Violation]:
    """Passwords, keys and tokens as literals in source and configuration."""
    excused = {name for file in part.files if is_local_compose(file) for name in secret_files(file)}
    for file in part.files:
        if not (is_env_file(file) or _is_of_cluster(file) or is_local_compose(file) or file.name in excused):
            yield from _violations(file, is_deployed=contexts.is_deployed(file))


@rule(
    "app-env-file",
    section="1.1",
    kinds=[Kind.APP, Kind.COMBINED, Kind.REST],
    title=gettext_noop("An App repository says which settings there are, not their values"),
    why=gettext_noop("With the values of an environment in it, every server needs a branch of its own."),
    fix=gettext_noop("Keep the names in .env.example, the values in the Deploy repository, and .env in .gitignore."),
)
def env_files(part: Part) -> Iterator[Violation]:
    """Committed files of environment variables, once each."""
    for file in part.files:
        if is_env_file(file) and not is_encrypted(file.text) and not file.parts[-1].startswith(".env.dev"):
            yield from _of_env_file(file)


@rule(
    "deploy-secret",
    section="3.3",
    kinds=[Kind.DEPLOY],
    title=gettext_noop("A Deploy repository holds secrets only encrypted"),
    why=gettext_noop("Whoever may read the repository, now or later, may use them, and Git forgets nothing."),
    fix=gettext_noop("Seal it (SealedSecrets, SOPS), or keep it out of Git, and change what was readable here."),
)
def deploy_secrets(part: Part) -> Iterator[Violation]:
    """Secrets in files that are no manifests: variables, kubeconfigs, keys, scripts."""
    for file in part.files:
        if is_env_file(file):
            secret = [value for value in values(file) if _is_credential(value)]
            if secret and not is_encrypted(file.text):
                yield Violation(file.path, secret[0].line, _secret_message(secret), secret[0].name)
        elif _is_of_cluster(file):
            continue
        elif _OF_SOPS.search(file.name) and file.text.strip() and not is_encrypted(file.text):
            yield Violation(file.path, 1, _("is called like a file that SOPS encrypted, and is readable"), file.name)
        else:
            yield from _violations(file, is_deployed=True)


def _is_of_cluster(file: File) -> bool:
    """Whether other rules judge a file: those on objects."""
    return is_manifest(file) or is_of_chart(file)


def _violations(file: File, *, is_deployed: bool) -> Iterator[Violation]:
    kubeconfig = credentials_of(file)
    if kubeconfig is not None and not contexts.is_test(file):
        yield Violation(file.path, kubeconfig.line, _("a kubeconfig with the credentials of a user"), kubeconfig.name)
        return
    names = set()
    for secret in secrets_in(file, is_deployed=is_deployed):
        if not (secret.name in names and is_compose(file)):  # the same for each service that uses it
            yield Violation(file.path, secret.line, secret.message, secret.name)
        names.add(secret.name)


def _of_env_file(file: File) -> Iterator[Violation]:
    settings = [value for value in values(file) if not is_placeholder_setting(value)]
    secret = [value for value in settings if _is_credential(value) and not is_common_default(value.value)]
    if secret:
        yield Violation(file.path, secret[0].line, _secret_message(secret), secret[0].name)
        return
    is_local = contexts.is_local(file) or file.name.startswith(".env.local")
    is_of_server = "prod" in file.name.lower() or "staging" in file.name.lower()
    counted = [value for value in settings if is_of_server or not (is_public(value.name) or is_loopback(value.value))]
    if counted and not is_local:
        message = _("values of an environment: {names}").format(names=_names(counted))
        yield Violation(file.path, counted[0].line, message, file.name, severity=Severity.WARNING)


def is_placeholder_setting(value: Assignment) -> bool:
    """Whether a variable is given no value of its own yet."""
    return is_credential_name(value.name) and is_placeholder(value.value)


def _is_credential(value: Assignment) -> bool:
    return is_credential_name(value.name) and not is_placeholder(value.value)


def _secret_message(secrets: Sequence[Assignment]) -> str:
    return _("readable secrets: {names}").format(names=_names(secrets))


def _names(values: Sequence[Assignment]) -> str:
    names = ", ".join(value.name for value in values[:_NAMED])
    return f"{names}, …" if len(values) > _NAMED else names
