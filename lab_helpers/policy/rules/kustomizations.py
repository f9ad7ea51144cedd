"""A kustomization names what there is, and all there is."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.manifests.build import Fault
from lab_helpers.policy.manifests.collecting import inventory
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, once
from lab_helpers.policy.registry import Violation, rule
from lab_helpers.policy.repository import Part


def _faults(stock: Inventory, kind: str, message: str) -> Iterator[Violation]:
    for fault in stock.faults:
        if fault.kind == kind:
            yield Violation(*fault.origin, message.format(name=fault.name), fault.name)


@rule(
    "manifest-unreadable",
    section="3.2",
    kinds=KINDS,
    title=gettext_noop("Every manifest can be read"),
    why=gettext_noop("kubectl refuses the file, and with it the directory or the kustomization that it belongs to."),
    fix=gettext_noop("Mend the line; `kubectl apply --dry-run=client -f FILE` says whether it can be read."),
)
@once
def unreadable(stock: Inventory) -> Iterator[Violation]:
    """Manifests that no parser reads, and that no other program fills in first."""
    for failure in stock.failures:
        yield Violation(*failure.origin, _("cannot be read as YAML: {reason}").format(reason=failure.reason))


@rule(
    "kustomize-resource",
    section="3.1",
    kinds=KINDS,
    title=gettext_noop("A kustomization names files that are there"),
    why=gettext_noop("The build fails as a whole, and nothing of the overlay can be deployed."),
    fix=gettext_noop("Mend the path, add the file, or give the directory a kustomization.yaml."),
)
@once
def resources(stock: Inventory) -> Iterator[Violation]:
    """Entries of kustomizations that lead nowhere."""
    for fault in stock.faults:
        is_made_by_script = fault.name.rpartition("/")[2] in stock.documented
        if fault.kind == "resource" and not (is_made_by_script and not fault.reason):
            yield Violation(*fault.origin, _resource(fault), fault.name)


def _resource(fault: Fault) -> str:
    if fault.reason:
        return _("{name} is a directory without a kustomization.yaml").format(name=fault.name)
    return _("{name} is not there").format(name=fault.name)


@rule(
    "kustomize-patch",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("A patch changes an object that is there"),
    why=gettext_noop(
        "A patch by name stops the build with `no matches for Id`; a patch by target does nothing, and nobody says so."
    ),
    fix=gettext_noop("Compare kind, name and namespace with `kubectl kustomize` of the base, before any prefix."),
)
@once
def patches(stock: Inventory) -> Iterator[Violation]:
    """Patches without a target, and JSON patches of a path that is not there."""
    yield from _faults(stock, "patch", _("the patch of {name} finds no such object"))
    for fault in stock.faults:
        if fault.kind == "failure":
            message = _("the patch cannot be applied: {reason}").format(reason=fault.reason)
            yield Violation(*fault.origin, message, fault.name)


@rule(
    "kustomize-image",
    section="1.2",
    kinds=KINDS,
    title=gettext_noop("An entry of images: has the name that the base has"),
    why=gettext_noop("The tag of it goes nowhere, without any error: what is deployed stays what the base says."),
    fix=gettext_noop("Write the name exactly as in the base, registry included and without its tag."),
)
@once
def images(stock: Inventory) -> Iterator[Violation]:
    """Entries of ``images:`` that no image has the name of."""
    yield from _faults(stock, "image", _("no image here is called {name}"))


@rule(
    "kustomize-unlisted",
    section="3.1",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("Every manifest beside a kustomization is named by one"),
    why=gettext_noop("The file looks deployed and is not: the object is missing in the cluster, without any error."),
    fix=gettext_noop("List it under resources: or patches:, or delete it."),
)
@once
def unlisted(stock: Inventory) -> Iterator[Violation]:
    """Manifests and patches that lie beside a kustomization and are named by none."""
    for file, kustomization in stock.unlisted:
        if file.name in stock.documented:
            continue
        message = _("no kustomization names it, {kustomization} neither").format(kustomization=kustomization.file)
        yield Violation(file.path, 1, message, file.name)


@rule(
    "kustomize-number",
    section="1.2",
    kinds=KINDS,
    title=gettext_noop("A tag of digits stands in quotes"),
    why=gettext_noop(
        "YAML reads it as a number: kustomize refuses it, Helm writes it differently, 1.10 as 1.1 and 6180000 as "
        "6.18e+06."
    ),
    fix=gettext_noop("Put it in quotes; a commit's tag is `sha-…`, which is no number."),
)
def numbers(part: Part) -> Iterator[Violation]:
    """Tags that YAML takes for numbers which are written in another way."""
    from lab_helpers.policy.manifests.values import number_tags

    for origin, tag in number_tags(inventory(part)):
        yield Violation(*origin, _("the tag {tag} is read as a number").format(tag=tag), tag)
