"""The checklist of an App repository: appendix E's list, box by box."""

from __future__ import annotations

from lab_helpers.language import gettext_noop
from lab_helpers.policy.checklists import building, documents, running
from lab_helpers.policy.checklists.checklist import Box, Checklist
from lab_helpers.policy.checklists.subject import Subject

__all__ = ["APP"]

APP: Checklist[Subject] = Checklist(
    name="app",
    title=gettext_noop("App repository (appendix E)"),
    boxes=(
        Box("repository", gettext_noop("A new Git repository, after the template"), "2.1", documents.repository),
        Box("dockerfile", gettext_noop("A Dockerfile"), "2.3", building.dockerfile),
        Box("logic", gettext_noop("Business logic"), "2.2", documents.logic),
        Box("probes", gettext_noop("/health and /ready for the probes"), "5.3", running.probes),
        Box("settings", gettext_noop(".env.example, the schema of its settings"), "2.2", documents.settings),
        Box("workflow", gettext_noop("A CI/CD workflow"), "1.2", building.workflow),
        Box("tests", gettext_noop("Unit tests and integration tests"), "2.2", documents.tests),
        Box("shutdown", gettext_noop("A graceful shutdown on SIGTERM"), "1.3", running.shutdown),
        Box("readme", gettext_noop("A README: what it is, and how to run it locally"), "2.2", documents.readme),
    ),
)
