"""A web site is crawled within its robots.txt, politely, and within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.knowledge.following import again, documents, follow, site

if TYPE_CHECKING:
    from tests.knowledge.conftest import Library

__all__ = ["site"]


def test_a_site_is_crawled_as_its_robots_ask_and_asked_conditionally(library: Library, site: Any) -> None:
    site.robots = "User-agent: *\nDisallow: /help/private\nAllow: /help/private/open\nDisallow: /*.pdf$\n"
    site.put("private/plan.html", b"<html>secret</html>")
    site.put("private/open.html", b"<html><body>open to all</body></html>")
    site.put("hidden.html", b'<html><head><meta name="robots" content="noindex"></head>hidden</html>')
    site.put("paper.pdf", b"%PDF-1.4")
    site.pages["/elsewhere.html"] = b"<html>outside</html>"
    site.links = ["http://localhost:1/help/other.html", "/help/gone.html", "javascript:alert(1)"]
    site.sitemap = [site.key("listed.html"), "http://other.example/help/x.html"]
    source = again(follow(library, "website", site.settings))
    assert (source.state, source.error) == ("idle", "")
    found = {key.rpartition("/help/")[2] for key, row in documents(source).items() if row}
    assert found == {"", "travel.html", "private/open.html"}
    asked = {path for path, _ in site.asked}
    assert not asked & {"/help/private/plan.html", "/help/paper.pdf", "/elsewhere.html"}
    assert "/help/listed.html" in asked
    site.asked.clear()
    source = again(source)
    assert {status for path, status in site.asked if path == "/help/travel.html"} == {304}
    assert (source.added, source.changed, source.removed) == (0, 0, 0)


def test_a_site_that_fails_as_a_whole_deletes_nothing(library: Library, site: Any) -> None:
    source = again(follow(library, "website", site.settings))
    site.answers["/robots.txt"] = (503, {})
    source = again(source)
    assert (source.state, len(documents(source))) == ("failed", 2)
    assert "robots.txt" in source.error


def test_depth_and_pages_are_bounded_and_redirects_stay_on_the_site(library: Library, site: Any) -> None:
    for number in range(6):
        site.put(f"page{number}.html", b"<html><body>page %d</body></html>" % number)
    site.answers["/help/page0.html"] = (302, {"Location": "http://169.254.169.254/latest/meta-data"})
    source = again(follow(library, "website", dict(site.settings) | {"most_pages": "4"}))
    assert len(documents(source)) <= 4
    assert "first 4 pages" in source.note
    assert all("169.254" not in key for key in documents(source))


def test_a_page_that_fails_stays_and_one_that_is_gone_goes(library: Library, site: Any) -> None:
    site.put("other.html", b"<html><body>other</body></html>")
    source = again(follow(library, "website", site.settings))
    assert len(documents(source)) == 3
    site.answers["/help/travel.html"] = (500, {})
    site.delete("other.html")
    source = again(source)
    assert (source.state, source.failed, source.removed) == ("idle", 1, 1)
    assert site.key("travel.html") in documents(source)
    del site.answers["/help/travel.html"]
    assert (again(source).failed, len(documents(source))) == (0, 2)
