"""What proves steps 1.2 and 1.3: everything lies in the repository it belongs to, and the lint has nothing to say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab_helpers import CheckContext, CheckFailed, Evidence, check, policy
from lab_helpers.images.registry import tags
from lab_helpers.language import gettext as _
from lab_helpers.policy import Finding, Report, Severity
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import git, manifests
from labs.lab_01_template import repositories
from labs.lab_01_template.repositories import APP, DEPLOY, OwnRepository

__all__ = ["building_belongs_to_app", "judge", "misplaced", "sorted_out"]

_COLLEAGUE = "Mina"
_MIGRATION = "001.sql"
_OVERLAY = "k8s/overlays/production/prj-02/kustomization.yaml"
_PRODUCTION = f"{DEPLOY.name}/{_OVERLAY}"
_LINT = f"lab lint {APP.name} {DEPLOY.name}"
_IMAGE = "org/prj-02"

# What looks as if it were misplaced, and is not.
_INNOCENT = (
    (APP, "compose.yaml"),
    (APP, ".env.example"),
    (DEPLOY, "k8s/base/secrets/prj-02.env.example"),
    (DEPLOY, "_shared/scripts/deploy/check_health.sh"),
    (DEPLOY, _OVERLAY),
)


def judge(lab: CheckContext) -> Report:
    """What the lint says of both repositories."""
    return policy.lint([lab.workspace / APP.name, lab.workspace / DEPLOY.name])


def misplaced(report: Report) -> dict[Path, Sequence[str]]:
    """The files that break a rule, by repository."""
    files: dict[Path, list[str]] = {}
    for finding in _violations(report):
        repository = files.setdefault(Path(finding.repository), [])
        if finding.file not in repository:
            repository.append(finding.file)
    return dict(files)


@check("1.2")
def building_belongs_to_app(lab: CheckContext) -> Evidence:
    """Nothing in the Deploy repository builds an image any more, and the App repository still does."""
    for own in (APP, DEPLOY):
        repositories.expect_repository(lab, own)
        repositories.expect_on_main(lab, own)
        _expect_colleague(lab, own)
    _expect_no_build(lab)
    repositories.expect_clean(lab, DEPLOY)
    _expect_kept(lab, APP, "Dockerfile")
    remaining = _violations(judge(lab))
    return Evidence(
        builds=f"{APP.name}/Dockerfile",
        deploy=git.run(lab.workspace / DEPLOY.name, "log", "-1", "--format=%h %s").strip(),
        still_to_sort=len(remaining),
        findings=Table(
            (_("rule"), _("section"), _("file")),
            [(finding.rule, f"§{finding.section}", _path(finding)) for finding in remaining],
        ),
    )


@check("1.3")
def sorted_out(lab: CheckContext) -> Evidence:
    """Both repositories hold what belongs to them and nothing else: the lint is content, nothing was lost."""
    for own in (APP, DEPLOY):
        repositories.expect_repository(lab, own)
        repositories.expect_on_main(lab, own)
        _expect_colleague(lab, own)
        repositories.expect_committed(lab, own)
    report = judge(lab)
    _expect_nothing_silenced(report)
    # Before what the lint says: it judges what is there, and a file that was deleted may silence it or set it off.
    for own, name in _INNOCENT:
        _expect_kept(lab, own, name)
    _expect_content(report)
    _expect_migration(lab)
    tag = _expect_pushed(lab)
    return Evidence(
        lint=_("{files} files, nothing to say").format(files=sum(judged.files for judged in report.judged)),
        production=f"newTag: {tag}",
        migration=_("in {name}, beside the code that needs it").format(name=APP.name),
        password=_("out of the files, and still in {commit}: in earnest it is drawn anew").format(
            commit=git.run(
                lab.workspace / APP.name, "log", "-1", "--format=%h", "--diff-filter=A", "--", ".env"
            ).strip()
        ),
    )


def _expect_colleague(lab: CheckContext, own: OwnRepository) -> None:
    authors = git.run(lab.workspace / own.name, "log", "--format=%an").splitlines()
    if _COLLEAGUE not in authors:
        raise CheckFailed(
            _("{author}'s commit in {name}").format(author=_COLLEAGUE, name=own.name),
            seen=_("none of hers"),
            hint=_("It lies in colleague/, as a patch; `git am` makes a commit of it, with its author and its words."),
            next_step=f"git -C {own.name} am ../colleague/{own.name}.patch",
        )


def _expect_no_build(lab: CheckContext) -> None:
    files = repositories.files_in(lab.workspace / DEPLOY.name)
    dockerfiles = [file for file in files if Path(file).name == "Dockerfile"]
    if not dockerfiles:
        return
    on_disk = lab.workspace / DEPLOY.name / dockerfiles[0]
    if dockerfiles[0] != "images/web/Dockerfile":
        hint = _(
            "It was moved, and is still in the Deploy repository. Wherever it lies in there, it is versioned with the "
            "manifests and not with the source: after a rollback nobody knows which source it fits (§2.3)."
        )
    elif not on_disk.exists():
        hint = _(
            "The file is gone from your disk, and Git still has it: whoever clones gets it. `git rm` takes it out of "
            "both, and a commit says so."
        )
    else:
        hint = _("The App repository has one already, beside the source it builds: here it can go.")
    raise CheckFailed(
        _("no Dockerfile among the commits of {name}").format(name=DEPLOY.name),
        seen=", ".join(f"{DEPLOY.name}/{file}" for file in dockerfiles),
        hint=hint,
        next_step=f'git -C {DEPLOY.name} rm -r {_directory(dockerfiles[0])} && git -C {DEPLOY.name} commit -m "…"',
    )


def _directory(file: str) -> str:
    """The directory of a file, or the file itself where it lies at the top."""
    parent = Path(file).parent.as_posix()
    return file if parent == "." else parent


def _expect_kept(lab: CheckContext, own: OwnRepository, name: str) -> None:
    """Something innocent is still there: that it sounds like what does not belong is no reason to delete it."""
    if name in repositories.files_in(lab.workspace / own.name):
        return
    reasons = {
        "compose.yaml": _(
            "It builds the working tree, for whoever works on it: local development is the exception that §1.1 names."
        ),
        ".env.example": _("It holds names and no values: the schema of the settings, which the Deploy side relies on."),
        "Dockerfile": _("Here it belongs, beside the source that it builds (§2.3)."),
        _OVERLAY: _("It says what differs in production. One line of it was wrong, and is mended where it stands."),
    }
    raise CheckFailed(
        _("{file} still there").format(file=f"{own.name}/{name}"),
        seen=_("deleted"),
        hint=reasons.get(name, _("It belongs where it was: the lint had nothing to say about it.")),
        next_step=(
            f'git -C {own.name} checkout {_before_last_change(own, name)} -- {name} && git -C {own.name} commit -m "…"'
        ),
    )


def _before_last_change(own: OwnRepository, name: str) -> str:
    """The commit before the one that deleted a file, as a shell finds it."""
    return f'"$(git -C {own.name} rev-list -1 HEAD -- {name})~"'


def _expect_nothing_silenced(report: Report) -> None:
    if report.suppressed:
        finding = report.suppressed[0].finding
        raise CheckFailed(
            _("everything where it belongs"),
            seen=_("{file}: the rule {rule} was silenced").format(file=_path(finding), rule=finding.rule),
            hint=_("An exception with a reason is there for what has to stay. Nothing of this has to: {fix}").format(
                fix=finding.fix
            ),
            next_step=_LINT,
        )


def _expect_content(report: Report) -> None:
    violations = _violations(report)
    if violations:
        finding = violations[0]
        raise CheckFailed(
            _("nothing for the lint to say"),
            seen=_("{file}: {message} (§{section}); findings in all: {count}").format(
                file=_path(finding), message=finding.message, section=finding.section, count=len(violations)
            ),
            hint=f"{finding.why} {finding.fix}",
            next_step=_LINT,
        )


def _expect_migration(lab: CheckContext) -> None:
    files = repositories.files_in(lab.workspace / APP.name)
    if not any(Path(file).name == _MIGRATION for file in files):
        raise CheckFailed(
            _("{file} in {name}").format(file=_MIGRATION, name=APP.name),
            seen=_("in neither repository"),
            hint=_(
                "It was deleted instead of moved, and the application cannot do without it. Who knows which table the "
                "code needs? Whoever writes the code: it goes with the source, to be versioned with it (§1.1)."
            ),
            next_step=(
                f"git -C {DEPLOY.name} checkout {_before_last_change(DEPLOY, f'migrations/{_MIGRATION}')} -- migrations"
            ),
        )


def _expect_pushed(lab: CheckContext) -> str:
    """The tag that production names: one that the registry has."""
    (entry, *_rest) = manifests.read(lab.workspace, _PRODUCTION)["images"].items()
    tag, pushed = entry["newTag"].text, tags(lab.registry, _IMAGE)
    if tag not in pushed or tag == "latest":
        raise CheckFailed(
            _("a tag in {file} that was pushed").format(file=_PRODUCTION),
            seen=f"newTag: {tag}",
            hint=_(
                "A tag that can be rolled back to is one that was pushed and never moves. The registry has {tags}."
            ).format(tags=", ".join(sorted(set(pushed) - {"latest"}))),
            next_step=f"sed -i 's/newTag: .*/newTag: {APP.revision}/' {_PRODUCTION}",
        )
    return tag


def _violations(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.severity is not Severity.INFO]


def _path(finding: Finding) -> str:
    return f"{Path(finding.repository).name}/{finding.file}"
