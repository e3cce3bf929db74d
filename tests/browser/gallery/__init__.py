"""A page with every component, served by the real application; only the tests have it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from flask import Flask, abort, render_template_string
from flask_login import login_required
from werkzeug.serving import make_server

from host.app import create_app
from host.database import Database
from host.settings import Settings
from host.web.fragments import with_etag

PATIENCE_SECONDS = 60
PAGE = Path(__file__).with_name("page.html")


@dataclass
class Gallery:
    """The page's address, and what its fragments answer.

    Attributes:
        part: What the part that is loaded later does: "ok", "held" (until it is released) or "fail".
        released: What a held part waits for.
        load_seconds: How long the page waits for the part.
        counter: What the part that is polled shows.
        deleted: How often something was deleted.
    """

    app: Flask
    address: str = ""
    part: str = "ok"
    released: Event = field(default_factory=Event)
    load_seconds: float = PATIENCE_SECONDS
    counter: int = 0
    deleted: int = 0
    asked: list[str] = field(default_factory=list)


@contextmanager
def opened_gallery(database: Database, folder: Path) -> Iterator[Gallery]:
    """Serve the page at `/test/gallery`."""
    gallery = Gallery(create_app(Settings(data_folder=folder, time_zone="UTC"), database))
    _add_pages(gallery)
    server = make_server("127.0.0.1", 0, gallery.app, threaded=True)
    gallery.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield gallery
    server.shutdown()
    thread.join()


def _add_pages(gallery: Gallery) -> None:
    @gallery.app.get("/test/gallery")
    @login_required
    def page() -> str:
        errors = {"password": ["the workbook refused this password"], "": ["the ERP is away"]}
        moment = datetime.now(UTC) - timedelta(minutes=5)
        return render_template_string(PAGE.read_text(encoding="utf-8"), errors=errors, moment=moment, gallery=gallery)

    @gallery.app.get("/test/part")
    def part() -> str:
        gallery.asked.append(gallery.part)
        if gallery.part == "fail":
            abort(502)
        if gallery.part == "held":
            gallery.released.wait(PATIENCE_SECONDS)
        return "<p>Balance DKK 48,210.50</p>"

    @gallery.app.get("/test/counter")
    def counter() -> object:
        count = gallery.counter
        more = f"<details><summary>More</summary>{count}</details>"
        return with_etag(f'<button class="btn btn-sm" id="in-poll">{count}</button>{more}', stop=count >= 100)

    @gallery.app.post("/test/deleted")
    def deleted() -> str:
        gallery.deleted += 1
        return "deleted"
