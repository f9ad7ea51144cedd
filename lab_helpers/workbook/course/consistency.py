"""What a ``lab.toml`` says must fit together, and name what there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from lab_helpers import programs
from lab_helpers.addons import catalogue
from lab_helpers.errors import LabError
from lab_helpers.images import applications, services
from lab_helpers.language import gettext as _
from lab_helpers.observe.probe import NAMESPACE as PROBE_NAMESPACE
from lab_helpers.schema import Location, nearest
from lab_helpers.workbook.course.outline import Outline, Prediction, phase_number
from lab_helpers.workbook.course.variation import combinations, fill, placeholders

__all__ = ["RESERVED_VARIABLES", "expect_consistent"]

RESERVED_VARIABLES = frozenset(
    f"LAB_{name}"
    for name in (
        "CHECKOUT",
        "CONTAINER",
        "EVENTS",
        "KIND_NODE_IMAGE",
        "LANGUAGE",
        "NAME",
        "NOTEBOOK",
        "RELEASES_URL",
        "ROOM",
        "SECRETS_FILE",
        "VARY",
        "WITHHOLD",
    )
)
"""The environment variables that mean something to the lab, so that no value that varies may be called so."""

_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


def expect_consistent(outline: Outline, document: Location) -> None:
    """Make sure that a lab is declared in itself without a contradiction, and needs nothing that is not there.

    Args:
        outline: The lab.
        document: Its ``lab.toml``.

    Raises:
        LabError: The first key that is wrong, and what to write.
    """
    for rule in _RULES:
        for error in rule(outline, document):
            raise error


def _step_ids(outline: Outline, document: Location) -> Iterator[LabError]:
    number = phase_number(outline.notebook)
    earlier: set[str] = set()
    for index, step in enumerate(outline.steps):
        location = document.key("step").item(index).key("id")
        if not re.fullmatch(rf"{number}\.[1-9][0-9]*", step.id):
            reason = _("{id} is no step of notebook {number}").format(id=step.id, number=number)
            yield location.error(reason, f'id = "{number}.{index + 1}"')
        if step.id in earlier:
            yield location.error(_("{id} is used twice").format(id=step.id), f'id = "{number}.{len(outline.steps)}"')
        earlier.add(step.id)


def _minutes(outline: Outline, document: Location) -> Iterator[LabError]:
    steps = ((document.key("step").item(index), step.minutes) for index, step in enumerate(outline.steps))
    for location, minutes in ((document, outline.minutes), *steps):
        if minutes <= 0:
            yield location.key("minutes").error(
                _("is {value}, and must be more than 0").format(value=minutes), "minutes = 10"
            )


def _predictions(outline: Outline, document: Location) -> Iterator[LabError]:
    for index, step in enumerate(outline.steps):
        prediction = step.prediction
        if prediction is None:
            continue
        location = document.key("step").item(index).key("prediction")
        if prediction.right not in prediction.replies:
            yield location.key("right").error(*_no_reply(prediction))
        for text in (prediction.question, *prediction.replies, *prediction.replies.values()):
            yield from _undrawn(text, outline, location)
        for values in combinations(outline.vary):
            filled = fill(outline, values).steps[index].prediction
            if filled is not None and len(filled.replies) < len(prediction.replies):
                name, value = next(iter(values.items()))
                reason = _("two replies are the same where {name} is {value}").format(name=name, value=value)
                yield location.key("replies").error(reason, "[vary]")


def _undrawn(text: str, outline: Outline, location: Location) -> Iterator[LabError]:
    for name in sorted(placeholders(text) - outline.vary.keys()):
        reason = _("{name} is not under [vary]").format(name=f"{{{name}}}")
        yield location.error(reason, f"[vary] {name} = […]")


def _no_reply(prediction: Prediction) -> tuple[str, str]:
    reason = _("{right} is none of the replies; there are {known}").format(
        right=repr(prediction.right), known=", ".join(map(repr, prediction.replies))
    )
    return reason, f'right = "{nearest(prediction.right, prediction.replies)}"'


def _namespaces(outline: Outline, document: Location) -> Iterator[LabError]:
    for index, namespace in enumerate(outline.namespaces):
        if namespace in outline.namespaces[:index]:
            reason = _("{id} is used twice").format(id=namespace)
            yield document.key("namespaces").item(index).error(reason, f"namespaces = {_list(set(outline.namespaces))}")
    for namespace in outline.makes:
        if namespace not in outline.namespaces:
            yield document.key("makes").key(namespace).error(*_no_namespace(outline, namespace))


def _no_namespace(outline: Outline, namespace: str) -> tuple[str, str]:
    reason = _("{namespace} is none of the notebook's namespaces").format(namespace=namespace)
    return reason, f"namespaces = {_list([*outline.namespaces, namespace])}"


def _watched(outline: Outline, document: Location) -> Iterator[LabError]:
    names = [watched.name for watched in outline.watched]
    for index, watched in enumerate(outline.watched):
        location = document.key("watched").item(index)
        if watched.name in names[:index]:
            reason = _("{id} is used twice").format(id=watched.name or '""')
            yield location.key("name").error(reason, f'name = "{watched.name}-{index}"')
        if watched.namespace not in outline.namespaces:
            yield location.key("namespace").error(*_no_namespace(outline, watched.namespace))
        yield from _undrawn(watched.url, outline, location.key("url"))
    senders = dict.fromkeys(watched.sent_from or PROBE_NAMESPACE for watched in outline.watched)
    for sender in senders.keys() - {*outline.namespaces}:
        reason = _("{namespace} is missing: what is watched is asked from there").format(namespace=sender)
        yield document.key("namespaces").error(reason, f"namespaces = {_list([*outline.namespaces, sender])}")
    for index, step in enumerate(outline.steps):
        if step.is_watched and not outline.watched:
            reason = _("the notebook watches nothing: there is no [[watched]]")
            yield document.key("step").item(index).key("watched").error(reason, "[[watched]]")


def _parts(outline: Outline, document: Location) -> Iterator[LabError]:
    yield from _unknown(
        outline.apps, applications.names(), document.key("apps"), _("{name} is no application; there are {known}")
    )
    yield from _unknown(
        outline.services,
        services.names(),
        document.key("services"),
        _("{name} is no backing service; there are {known}"),
    )
    yield from _unknown(
        outline.programs, programs.names(), document.key("programs"), _("{name} is no program; there are {known}")
    )
    steps = ((step.addons, document.key("step").item(index)) for index, step in enumerate(outline.steps))
    for addons, location in ((outline.addons, document), *steps):
        yield from _unknown(
            addons, catalogue.names(), location.key("addons"), _("{name} is no add-on; there are {known}")
        )


def _unknown(names: Sequence[str], known: Sequence[str], location: Location, reason: str) -> Iterator[LabError]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield location.item(index).error(_("{id} is used twice").format(id=name), _list(dict.fromkeys(names)))
        if name not in known:
            listed = ", ".join(known) or _("none")
            yield location.item(index).error(reason.format(name=name, known=listed), f'"{nearest(name, known)}"')


def _rights(outline: Outline, document: Location) -> Iterator[LabError]:
    for resource, verbs in outline.rights.items():
        location = document.key("rights").key(f'"{resource}"')
        if not re.fullmatch(r"[a-z]+(\.[a-z0-9.-]+)?(/[a-z]+)?", resource):
            reason = _("is no resource as kubectl writes it, as in pods/proxy or deployments.apps/scale")
            yield location.error(reason, '"deployments.apps/scale" = ["get"]')
        for index, verb in enumerate(verbs):
            if verb not in _VERBS:
                reason = _("is {value}; there are {known}").format(value=verb, known=", ".join(_VERBS))
                yield location.item(index).error(reason, f'"{nearest(verb, _VERBS)}"')


def _vary(outline: Outline, document: Location) -> Iterator[LabError]:
    lengths = {name: len(values) for name, values in outline.vary.items()}
    for name, length in lengths.items():
        location, longest = document.key("vary").key(name), max(lengths.values())
        if not re.fullmatch("[a-z][a-z0-9_]*", name):
            reason = _("names a variable: lower-case letters, digits and underscores")
            yield location.error(reason, f"{re.sub('[^a-z0-9_]', '_', name.lower())} = […]")
        if f"LAB_{name.upper()}" in RESERVED_VARIABLES:
            reason = _("would be the variable LAB_{name}, which the lab uses itself").format(name=name.upper())
            yield location.error(reason, f"the_{name} = […]")
        if len(set(map(str, outline.vary[name]))) < 2:  # as strings: the environment has no numbers
            yield location.error(_("one value does not vary"), f"{name} = [3, 4]")
        if length != longest:
            reason = _("has {length} values, and the longest list has {longest}: one draw takes the same place in each")
            yield location.error(reason.format(length=length, longest=longest), f"{name} = […]")


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


_RULES: tuple[Callable[[Outline, Location], Iterator[LabError]], ...] = (
    _step_ids,
    _minutes,
    _namespaces,
    _vary,
    _rights,
    _watched,
    _parts,
    _predictions,
)
