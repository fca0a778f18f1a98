"""Pages as a reader sees them: in a browser, with nothing but the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.report.browser import ARGUMENTS, GIVEN, find_chromium

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"
WIDE, NARROW = 1100, 480

BOXES = """
selector => [...document.querySelectorAll(selector)].map(e => {
  const b = e.getBoundingClientRect();
  return [e.textContent, b.left, b.top, b.right, b.bottom];
})
"""
"""Text and edges of every element that a selector finds."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for this session."""
    path = find_chromium()
    if path is None:
        pytest.skip(f"no Chromium is installed, and {GIVEN} names none")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


@dataclass
class Seen:
    """A page, and all that its opening brought about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


Open = Callable[..., Seen]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens HTML texts; every request but that for the file is counted and refused."""
    contexts = []

    def open_text(text: str, *, width: int = WIDE, scripts: bool = True) -> Seen:
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts
        )
        contexts.append(context)
        seen = Seen(context.new_page())

        def only_the_file(route: Route) -> None:
            seen.requests.append(route.request.url)
            own = route.request.url == file.as_uri()
            route.continue_() if own else route.abort()

        context.route("**/*", only_the_file)
        seen.page.on("console", lambda message: seen.messages.append(message.text))
        seen.page.on("pageerror", lambda error: seen.messages.append(str(error)))
        seen.page.on("dialog", lambda dialog: seen.messages.append(dialog.message))
        seen.page.goto(file.as_uri())
        return seen

    yield open_text
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["story", "hostile", "empty", "broken"])
def test_a_page_opens_without_a_word_and_without_a_request(
    name: str, pages: Callable[[str], str], opened: Open
) -> None:
    seen = opened(pages(name))
    ARTIFACTS.mkdir(exist_ok=True)
    shot = seen.page.screenshot(path=ARTIFACTS / f"report-{name}.png", full_page=True)
    assert len(shot) > 20_000
    assert seen.messages == []
    assert len(seen.requests) == 1


def test_a_script_and_a_request_would_be_noticed(opened: Open) -> None:
    seen = opened("<img src='https://example.org/x.png'><script>console.log('here')</script>")
    assert "here" in seen.messages
    assert seen.requests[1:] == ["https://example.org/x.png"]


def test_a_page_refuses_a_script_that_got_into_it(
    pages: Callable[[str], str], opened: Open
) -> None:
    text = pages("story").replace("</main>", "<script>document.title = 'taken'</script></main>")
    assert text != pages("story")
    seen = opened(text)
    assert seen.page.title() != "taken"
    assert any("Content Security Policy" in message for message in seen.messages)


def test_the_map_has_land_and_marks(pages: Callable[[str], str], opened: Open) -> None:
    page = opened(pages("story")).page
    (world, *_) = page.locator("#where-it-runs svg").all()
    assert world.locator("path, use").count() > 150
    assert "aws/us-east-1" in world.locator("text").all_text_contents()
    box = world.bounding_box()
    assert box is not None
    assert box["width"] > 800
    assert box["height"] > 350


def test_what_allows_a_country_shades_it(pages: Callable[[str], str], opened: Open) -> None:
    page = opened(pages("story")).page
    figure = page.locator("figure", has=page.get_by_role("heading", name="policy us"))
    titles = figure.locator("title").all_text_contents()
    assert titles == ["United States"]
    shaded = figure.locator("use", has=page.locator("title")).first
    plain = figure.locator("use").first
    assert shaded.get_attribute("fill") != plain.get_attribute("fill")


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("name", ["story", "hostile"])
def test_nothing_is_wider_than_the_window(
    name: str, width: int, pages: Callable[[str], str], opened: Open
) -> None:
    page = opened(pages(name), width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("section", ["where-it-runs", "use-against-capacity", "cost"])
def test_no_label_covers_another(section: str, pages: Callable[[str], str], opened: Open) -> None:
    page = opened(pages("story")).page
    found: list[Any] = page.evaluate(BOXES, f"#{section} svg text")
    boxes = {tuple(box) for box in found}  # a name and its light edge are one
    assert len(boxes) >= 3
    for one in boxes:
        for other in boxes - {one}:
            assert one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] + 1 or other[4] <= one[2] + 1, (one, other)  # fmt: skip


def test_a_page_looks_the_same_without_javascript(
    pages: Callable[[str], str], opened: Open
) -> None:
    looks = [
        opened(pages("story"), scripts=scripts).page.screenshot(full_page=True)
        for scripts in (True, False)
    ]
    assert looks[0] == looks[1]
