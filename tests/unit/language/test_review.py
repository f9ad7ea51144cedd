"""Whatever a program can see is wrong with a translation, it says."""

from __future__ import annotations

import pytest
from polib import POEntry

from lab_helpers.translation.review import SAME, faults

_SOURCE = """## A step

*5 minutes.* Type `kubectl get pods`, see [the docs](https://k8s.io/a), **then** wait.

| you know | here |
|---|---|
| `ps` | `get` |

1. one
2. two

<details><summary>Answer</summary>

It waits.
</details>"""

_GOOD = """## 한 단계

*5분.* `kubectl get pods`를 입력하고, [문서](https://k8s.io/a)를 보고, **그다음** 기다리세요.

| 아는 것 | 여기서는 |
|---|---|
| `ps` | `get` |

1. 하나
2. 둘

<details><summary>답</summary>

기다립니다.
</details>"""


def _cell(source: str, translation: str) -> POEntry:
    return POEntry(msgid=source, msgstr=translation, msgctxt="05#a")


def test_a_good_translation_has_no_faults() -> None:
    assert faults(_cell(_SOURCE, _GOOD)) == []
    assert faults(POEntry(msgid="`a` of {count}: wait", msgstr="{count} 중 `a`: 기다리세요")) == []


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("## 한", "### 한", "headings, paragraphs"),
        ("*5분.* ", "*5분.*\n\n", "headings, paragraphs"),
        ("| `ps` | `get` |", "| `ps` `get` |", "headings, paragraphs"),
        ("*5분.*", "*6분.*", "number is missing: 5"),
        ("|---|---|", "", "headings, paragraphs"),
        ("2. 둘\n", "", "headings, paragraphs"),
        ("</details>", "", "headings, paragraphs"),
        ("`kubectl get pods`", "`kubectl get pod`", "code is missing: kubectl get pods"),
        ("https://k8s.io/a", "https://k8s.io/b", "link is not in the English: https://k8s.io/b"),
        ("**그다음**", "그다음", "emphasis is missing: **"),
        ("**그다음** ", "**그다음(then)**은 ", "emphasis is missing: **"),  # CommonMark shows the asterisks
        ("답</summary>\n\n기다립니다", "답</summary>\n\ntype then wait, answer 5 minutes type", ""),
    ],
)
def test_what_must_be_the_same_in_every_language_is(good: str, bad: str, fault: str) -> None:
    assert good in _GOOD
    sentences = faults(_cell(_SOURCE, _GOOD.replace(good, bad)))
    assert any(fault in sentence for sentence in sentences) if fault else sentences == []


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (POEntry(msgid="ready", msgstr=""), "not translated"),
        (POEntry(msgid="{n} pod", msgid_plural="{n} pods", msgstr_plural={0: "Pod {n}개", 1: ""}), "not translated"),
        (POEntry(msgid="ready", msgstr="준비", flags=["fuzzy"]), "changed since"),
        (POEntry(msgid="ready", msgstr="ready"), "still English; if it is meant to be"),
        (POEntry(msgid="a pod is on its way out", msgstr="Pod: is on its way out"), "still English: is on its way"),
        (POEntry(msgid="lab {name} is up", msgstr="랩이 켜졌습니다"), "field is missing: {name}"),
        (POEntry(msgid="took {s:.1f} s", msgstr="{s:.0f}초 걸렸습니다"), "field is missing: {s:.1f}"),
        (POEntry(msgid="lab is up", msgstr="{name} 랩이 켜졌습니다"), "field is not in the English: {name}"),
        (POEntry(msgid="run `ls`", msgstr="`ls -l`을 실행하세요"), "code is missing: `ls`"),
        (POEntry(msgid=" seconds", msgstr="초"), "begins or ends with a blank"),
    ],
)
def test_what_is_missing_stale_or_english_is_said(entry: POEntry, fault: str) -> None:
    assert any(fault in sentence for sentence in faults(entry))


def test_a_name_may_stay_as_it_is() -> None:
    assert faults(POEntry(msgid="CNI plugins", msgstr="CNI plugins", tcomment=SAME)) == []
    assert faults(POEntry(msgid="`kubectl` {version}", msgstr="`kubectl` {version}")) == []
