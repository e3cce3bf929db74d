import pytest

from host.web.fragments import with_etag


@pytest.fixture
def state(page_that):
    """What the fragment at /test holds."""
    state = {"html": "<p>3 read</p>", "stop": False}
    page_that(lambda: with_etag(state["html"], stop=state["stop"]))
    return state


def test_a_fragment_is_sent_again_only_when_it_differs(app, state):
    client = app.test_client()
    first = client.get("/test")
    assert (first.status_code, first.text) == (200, "<p>3 read</p>")
    again = client.get("/test", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")
    state["html"] = "<p>4 read</p>"
    changed = client.get("/test", headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, changed.text) == (200, "<p>4 read</p>")


@pytest.mark.usefixtures("state")
def test_a_browser_may_keep_a_fragment_but_asks_each_time(app):
    assert app.test_client().get("/test").headers["Cache-Control"] == "private, no-cache"


def test_the_last_fragment_ends_the_polling(app, state):
    assert "X-Poll" not in app.test_client().get("/test").headers
    state["stop"] = True
    assert app.test_client().get("/test").headers["X-Poll"] == "stop"
