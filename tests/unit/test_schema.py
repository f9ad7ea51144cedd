"""What is wrong in a ``lab.toml`` is told by file and key, with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import LabError
from lab_helpers.cluster.base import Capability
from lab_helpers.schema import prose_keys
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outline import Outline

_LAB = """
title = "A lab"
minutes = 10
sections = ["1.3"]
namespaces = ["n", "lab-probe"]
apps = ["prj_02"]
infra = true
needs = ["nodes"]
outside = ["clusterrole/reader"]
exclusive = true

[rights]
"pods/proxy" = ["get"]

[makes]
n = ["pod/web"]

[[watched]]
name = "web"
deployment = "web"
namespace = "n"
url = "http://web.n/?quantity={quantity}"
image = "i"

[[watched]]
name = "shop"
deployment = "shop"
namespace = "n"
url = "http://shop.n/"
image = "i"

[vary]
quantity = [3, 4]
price = ["1.50", "2.00"]

[[step]]
id = "9.1"
title = "First"
minutes = 4.5
worked = true
watched = true
sections = []
hints = ["look"]
needs = ["cluster-read"]

[step.prediction]
question = "Which?"
right = "both"
replies = { both = "Both.", neither = "Neither." }

[[step]]
id = "9.2"
title = "Second"
minutes = 5
worked = false
sections = []
hints = []
"""


def _load(directory: Path, text: str) -> Outline:
    (directory / "lab.toml").write_text(text)
    return outlines.load("09_toy", directory)


def test_what_is_declared_is_read_with_its_types(tmp_path: Path) -> None:
    outline = _load(tmp_path, _LAB)
    assert outline.repositories == ("app/prj_02", "infra")
    assert outline.needs == {Capability.NODES}
    assert (outline.is_exclusive, outline.outside) == (True, ("clusterrole/reader",))
    assert outline.vary == {"quantity": (3, 4), "price": ("1.50", "2.00")}
    assert [(step.minutes, step.is_worked, step.is_watched) for step in outline.steps] == [
        (4.5, True, True),
        (5, False, False),
    ]
    assert outline.watched_by("shop").deployment == "shop"


def test_what_has_no_name_is_watched_where_none_is_given(tmp_path: Path) -> None:
    outline = _load(tmp_path, _LAB.replace('name = "web"\n', ""))
    assert [outline.watched_by(name).deployment for name in ("", "shop")] == ["web", "shop"]


def test_what_is_not_watched_names_what_is(tmp_path: Path) -> None:
    outline = _load(tmp_path, _LAB)
    for name in ("", "shops"):
        with pytest.raises(LabError, match="it watches web, shop") as failure:
            outline.watched_by(name)
    assert failure.value.next_step == 'lab.watch_rollout("shop")'
    with pytest.raises(LabError, match="has nothing to watch"):
        outlines.load("03_cluster").watched_by("")


@pytest.mark.parametrize(
    ("right", "wrong", "key", "reason", "write"),
    [
        ("exclusive =", "exlusive =", "exlusive", "is no key; there are title", "exclusive"),
        ("hints = []", "hint = []", "step[1].hint", "is no key; there are id", "hints"),
        ("minutes = 10\n", "", "minutes", "is missing", "minutes = 10"),
        ("worked = false\n", "", "step[1].worked", "is missing", "worked = true"),
        ("hints = []\n", "", "step[1].hints", "is missing", 'hints = ["…"]'),
        ('title = "A lab"', "title = 3", "title", "is 3, and must be a text in quotes", 'title = "…"'),
        ("minutes = 10", 'minutes = "10"', "minutes", 'is "10", and must be a number', "minutes = 10"),
        ("worked = false", "worked = 0", "step[1].worked", "is 0, and must be true or false", "worked = true"),
        ("minutes = 5", "minutes = true", "step[1].minutes", "is true, and must be a number", "minutes = 10"),
        ('["1.3"]', '"1.3"', "sections", 'is "1.3", and must be a list', 'sections = ["…"]'),
        ('["1.3"]', "[1.3]", "sections[0]", "is 1.3, and must be a text in quotes", '"…"'),
        ('n = ["pod/web"]', 'n = "pod/web"', "makes.n", "must be a list", 'n = ["…"]'),
        ('["get"]', '["gets"]', 'rights."pods/proxy"[0]', "is gets; there are get, list", '"get"'),
        ('["get"]', '["*"]', 'rights."pods/proxy"[0]', "is *; there are get, list", '"'),
        ("pods/proxy", "*", 'rights."*"', "is no resource as kubectl writes it", '"deployments.apps/scale"'),
        ("[[step]]", "[step]", "", "cannot be read", "cat "),
        ("[[watched]]", "[[watched", "", "cannot be read", "cat "),
        ('["nodes"]', '["node"]', "needs[0]", "is node; there are nodes, checkpoints", '"nodes"'),
        ('["cluster-read"]', '["cluster"]', "step[0].needs[0]", "is cluster; there are nodes", '"'),
        ('"n", "lab', '"N_1", "lab', "namespaces[0]", "a DNS label", ""),
        ('"n", "lab', f'"{"n" * 64}", "lab', "namespaces[0]", "a DNS label", ""),
        ('"n", "lab', '"n", "n", "lab', "namespaces[1]", "n is used twice", "namespaces = "),
        ('"n", "lab-probe"', '"n"', "namespaces", "lab-probe is missing: what is watched is asked", '"lab-probe"'),
        ('image = "i"', 'image = "i"\nsent_from = "m"', "namespaces", "m is missing: what is watched is asked", '"m"'),
        ('["pod/web"]', '["web"]', "makes.n[0]", "a kind and a name", ""),
        ("n = [", "m = [", "makes.m", "is none of the notebook's namespaces", '"m"]'),
        ('right = "both"', 'right = "bot"', "step[0].prediction.right", "is none of the replies", 'right = "both"'),
        ('question = "Which?"\n', "", "step[0].prediction.question", "is missing", 'question = "…"'),
        ('id = "9.2"', 'id = "9.1"', "step[1].id", "9.1 is used twice", 'id = "9.2"'),
        ('id = "9.2"', 'id = "8.2"', "step[1].id", "is no step of notebook 9", 'id = "9.2"'),
        ('id = "9.2"', 'id = "second"', "step[1].id", "is no step of notebook 9", 'id = "9.2"'),
        ('["prj_02"]', '["prj-02"]', "apps[0]", "is no application; there are prj_0", '"prj_02"'),
        ("infra = true", 'services = ["postgres"]', "services[0]", "migrate, postgresql, redis", '"postgresql"'),
        ("infra = true", 'programs = ["helms"]', "programs[0]", "helms is no program; there are", '"helm"'),
        ("infra = true", 'addons = ["metrics"]', "addons[0]", "metrics is no add-on; there are", '"'),
        ('name = "shop"', 'name = "web"', "watched[1].name", "web is used twice", "name = "),
        ('namespace = "n"', 'namespace = "m"', "watched[0].namespace", "is none of the notebook's", '"m"]'),
        (', "lab-probe"', "", "namespaces", "lab-probe is missing", '"lab-probe"]'),
        ("={quantity}", "={count}", "watched[0].url", "{count} is not under [vary]", "[vary] count"),
        ("[3, 4]", "[3, 4, 6]", "vary.price", "has 2 values, and the longest list has 3", "price = […]"),
        ("price =", "name =", "vary.name", "would be the variable LAB_NAME", "the_name = […]"),
        ("Which?", "{count}?", "step[0].prediction", "is not under", ""),
        ("neither =", '"{price}" = "", "1.50" =', "step[0].prediction.replies", "the same where quantity is 3", ""),
        ("price =", "Price-A =", "vary.Price-A", "names a variable", "price_a = […]"),
        ("[3, 4]", "[[3], 4]", "vary.quantity[0]", "is a list, and must be a text in quotes or a whole number", '"…"'),
        (
            "[3, 4]",
            "[true, 4]",
            "vary.quantity[0]",
            "is true, and must be a text in quotes or a whole number or",
            '"…"',
        ),
        ("[3, 4]", "[nan, 4]", "vary.quantity[0]", "is nan, and must be a number", "10"),
        ("[3, 4]", "[]", "vary.quantity", "one value does not vary", "quantity = [3, 4]"),
        ("[3, 4]", '[3, "3"]', "vary.quantity", "one value does not vary", "quantity = [3, 4]"),
        ("minutes = 10", "minutes = -10", "minutes", "is -10, and must be more than 0", "minutes = 10"),
        ("minutes = 10", "minutes = inf", "minutes", "is inf, and must be a number", "minutes = 10"),
        ("minutes = 5", "minutes = 0", "step[1].minutes", "is 0, and must be more than 0", "minutes = 10"),
        ('["prj_02"]', '["prj_02", "prj_02"]', "apps[1]", "prj_02 is used twice", '["prj_02"]'),
    ],
)
def test_what_is_wrong_is_told_by_file_and_key(
    tmp_path: Path, right: str, wrong: str, key: str, reason: str, write: str
) -> None:
    assert right in _LAB
    with pytest.raises(LabError) as failure:
        _load(tmp_path, _LAB.replace(right, wrong, 1))
    assert failure.value.object == f"{tmp_path / 'lab.toml'}: {key}".rstrip(": ")
    assert reason in failure.value.reason
    assert write in failure.value.next_step


def test_one_value_does_not_vary(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="one value does not vary"):
        _load(tmp_path, _LAB.replace("[3, 4]", "[3]").replace('["1.50", "2.00"]', '["1.50"]'))


def test_a_step_is_watched_where_there_is_something_to_watch(tmp_path: Path) -> None:
    before, _, after = _LAB.partition("[[watched]]")
    with pytest.raises(LabError, match=r"step\[0\]\.watched: the notebook watches nothing"):
        _load(tmp_path, before + after[after.index("[vary]") :])


def test_a_file_of_the_checkout_is_named_as_below_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("lab_helpers.checkout.source_directory", lambda: tmp_path)
    directory = tmp_path / "labs/lab_09_toy"
    directory.mkdir(parents=True)
    with pytest.raises(LabError, match=r"^labs/lab_09_toy/lab\.toml: minutes: is missing"):
        _load(directory, 'title = "A lab"')


def test_what_is_prose_is_known_by_the_schema() -> None:
    assert prose_keys(Outline) == {"title", "hints", "question"}
