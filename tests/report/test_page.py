"""The page is one file: nothing is fetched, no name is more than text, and it stays small."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from placement.plan.plan import Plan
from placement.plan.rows import Certificate, Status
from placement.report import Form, Subject, content_of, subject_of
from placement.workspace.refusal import Conflict, Refusal, RefusalReason, advise
from tests.report.conftest import HOSTILE
from tests.verifier.story import CATALOG, PLAN, SPACE

PAGE_TAGS = {
    "a", "body", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "head", "header",
    "html", "main", "meta", "nav", "p", "pre", "section", "style", "summary", "table", "tbody", "td", "th",
    "thead", "title", "tr",
}  # fmt: skip
SVG_TAGS = {
    "clippath", "defs", "g", "line", "lineargradient", "path", "rect", "stop", "svg", "text",
    "title", "tspan", "use",
}  # fmt: skip
SUBJECTS = ("story", "hostile", "empty", "broken")


class Reader(HTMLParser):
    """Collects the tags, attributes and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, found, value in self.attributes if found == name]


@pytest.fixture
def page(request: pytest.FixtureRequest, pages: Callable[[str], str]) -> str:
    return pages(request.param)


@pytest.mark.parametrize("page", SUBJECTS, indirect=True)
def test_a_page_has_no_other_tags_than_those_of_text_and_pictures(page: str) -> None:
    assert set(Reader(page).tags) <= PAGE_TAGS | SVG_TAGS


@pytest.mark.parametrize("page", SUBJECTS, indirect=True)
def test_a_page_leads_nowhere_and_runs_nothing(page: str) -> None:
    read = Reader(page)
    targets = read.values("href") + read.values("xlink:href")
    assert targets
    assert {target[1:] for target in targets if target.startswith("#")} <= set(read.values("id"))
    assert not [target for target in targets if not target.startswith("#")]
    names = {name for _, name, _ in read.attributes}
    assert not names & {"src", "srcset", "action", "data", "background", "ping", "style:url"}
    assert not [name for name in names if name.startswith("on")]
    assert set(re.findall(r"url\((.)", page)) <= {"#"}
    assert "@import" not in page


@pytest.mark.parametrize("page", SUBJECTS, indirect=True)
def test_every_id_of_a_page_is_its_own(page: str) -> None:
    ids = Counter(Reader(page).values("id"))
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("page", ["hostile"], indirect=True)
def test_hostile_names_are_shown_and_do_nothing(page: str) -> None:
    read = Reader(page)
    for name in HOSTILE:
        assert any(name in text for text in read.texts), name
    assert read.tags["script"] == read.tags["img"] == 0


@pytest.mark.parametrize("page", ["story"], indirect=True)
def test_a_page_forbids_itself_scripts_and_requests(page: str) -> None:
    (policy,) = [value for value in Reader(page).values("content") if "src" in value]
    assert policy.startswith("default-src 'none'; ")
    assert "script-src" not in policy
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize("page", ["story"], indirect=True)
def test_every_section_is_in_the_contents(page: str) -> None:
    read = Reader(page)
    links = [value for tag, name, value in read.attributes if (tag, name) == ("a", "href")]
    assert len(links) == read.tags["section"] == 9


@pytest.mark.parametrize("page", ["story"], indirect=True)
def test_marks_say_what_they_are(page: str) -> None:
    titles = re.findall(r"<title>([^<]*)</title>", page)
    assert any(re.fullmatch(r"aws/us-east-1: production, .* GPUs, .* USD/h", t) for t in titles)
    assert any("of" in t and "GPUs in use" in t for t in titles)
    assert "United States" in titles


@pytest.mark.parametrize("page", ["broken"], indirect=True)
def test_a_broken_plan_gets_its_page_which_says_so(page: str) -> None:
    texts = " ".join(Reader(page).texts)
    assert "violations found" in texts
    assert "1 region of the plan: not in the catalog, not on the map" in texts


def test_a_refused_change_tells_conflicts_and_what_would_help() -> None:
    conflict = Conflict("policy", ("policy <us>", "t4 | l4"), "0 of 5 & <none>", proved=True)
    refusal = Refusal(RefusalReason.POLICY, "no group", (conflict,), advise("widen <us>"))
    plan = Plan(Status.INFEASIBLE, Certificate.NONE, (), (), (), (), PLAN.basis, refusal=refusal)
    page = content_of(subject_of(plan, CATALOG, SPACE), Form.HTML).decode()
    texts = " ".join(Reader(page).texts)
    for said in ("refused (policy): no group", "0 of 5 & <none>", "policy <us>", "widen <us>"):
        assert said in texts


def test_what_cannot_be_written_is_spelled_out() -> None:
    first, *rest = PLAN.assignments
    row = replace(first, flavor="T\x00\x1b\udfff\u202e4")
    subject = subject_of(replace(PLAN, assignments=(row, *rest)), CATALOG, SPACE)
    for form in Form:
        assert content_of(subject, form)
    assert r"T\u0000\u001b\udfff\u202e4" in content_of(subject, Form.HTML).decode()


@pytest.mark.parametrize(
    "stats",
    [
        {"progress": 3, "seconds": "soon", "versions": [1], "options": None, "firstPlan": 2},
        {"progress": [None, {"seconds": "1"}, {"seconds": 1e999, "value": 1}, {"tier": []}]},
        {"progress": [{"tier": "cost", "value": True, "bound": None, "seconds": 1}], "seconds": {}},
    ],
    ids=["no lists", "no numbers", "no values"],
)
def test_stats_that_mean_nothing_are_passed_over(stats: dict[str, object]) -> None:
    told = json.loads(replace(PLAN, stats=stats).to_json().replace("Infinity", "1e999"))
    plan = Plan.from_json(json.dumps(told))
    assert b"cost over time" not in content_of(subject_of(plan, CATALOG, SPACE), Form.HTML)


@pytest.mark.parametrize("page", ["story"], indirect=True)
def test_the_same_plan_gives_the_same_page(page: str, story: Subject) -> None:
    assert content_of(story, Form.HTML).decode() == page
