"""The figures that no peer has: memory over sizes, the way to the ERP, and pages while an import runs."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from statistics import quantiles

import requests

from benchmarks.children import EngineError, ErpServer, erp_server, tieline_environment
from benchmarks.customers import CHANGED_EACH
from benchmarks.engines.job import Job, Report
from benchmarks.engines.tieline_login import LOGIN, PASSWORD
from benchmarks.environment import ROOT
from benchmarks.erp.batches import BATCH, PARALLEL_CALLS
from benchmarks.figures import Figures
from benchmarks.head_to_head import assert_content, expected_content, fresh_target, prepare, tieline
from benchmarks.targets import PostgresTargets

LATENCY = 0.02
_IDLE_REQUESTS = 150
_PAUSE = 0.02
_LISTENS = re.compile(r"listens on (http://\S+?)/?$")
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def measure_memory(figures: Figures, sizes: tuple[int, int], postgres: PostgresTargets | None) -> None:
    """Import a small and a large number of customers, each in a process of its own."""
    for database in ("sqlite", "postgresql") if postgres else ("sqlite",):
        for records in sizes:
            with erp_server(records) as erp, fresh_target(database, postgres) as (url, folder):
                job = Job("", url, erp.address, str(folder))
                prepare(job)
                erp.begin()
                figures.add("memory", "tieline", database, records, tieline(job, "run"))
                assert_content(url, "company", expected_content(records, changed=False), "tieline")


def measure_push(figures: Figures, erp: ErpServer, database: str, postgres: PostgresTargets | None) -> dict[str, float]:
    """Change one in a hundred of the hub and let a run carry it to an ERP with latency; return the ratios."""
    changed = erp.records // CHANGED_EACH
    with fresh_target(database, postgres) as (url, folder):
        job = Job("", url, erp.address, str(folder))
        prepare(job, two_way=True)
        erp.begin()
        tieline(job, "run")
        report = tieline(job, "push", records=erp.records, latency=LATENCY)
        asked: dict[str, int] = erp.statistics()["requests"]  # type: ignore[assignment] # as the server tells them
    if asked.get("/customers/save", 0) < changed / BATCH:
        raise EngineError(f"the push of {changed} records asked the ERP {asked}: the run is void")
    figures.add("push", "tieline", database, changed, report)
    # the feed is asked once before; then each batch is read and saved, so many of them at one time
    permitted = LATENCY * (asked.get("/customers", 0) + ceil(ceil(changed / BATCH) / PARALLEL_CALLS) * 2)
    return {
        f"push.{database}.share_of_permitted": round(permitted / report.seconds, 4),
        f"push.{database}.permitted_seconds": round(permitted, 4),
    }


def measure_card(figures: Figures, erp: ErpServer, database: str, postgres: PostgresTargets | None) -> dict[str, float]:
    """Ask for a company's card while nothing else happens, and while a first import runs; return the ratios."""
    with fresh_target(database, postgres) as (url, folder):
        job = Job("", url, erp.address, str(folder))
        prepare(job, companies=[{"name": "Nordwind", "number": "N1", "postal.city": "Aarhus"}])
        erp.begin()
        with _web(folder, url) as address:
            browser = _signed_in(address)
            card = f"{address}/companies/1"
            _times(browser, card, _Rounds(20))
            idle = _times(browser, card, _Rounds(_IDLE_REQUESTS))
            ended = threading.Event()
            reports: list[Report] = []

            def load() -> None:
                try:
                    reports.append(tieline(job, "run"))
                finally:
                    ended.set()

            worker = threading.Thread(target=load)
            worker.start()
            busy = _times(browser, card, ended)
            worker.join()
    if not reports:
        raise EngineError("the import beside the pages failed: the run is void")
    for name, times in (("card_idle", idle), ("card_during_import", busy)):
        figures.add(name, "tieline", database, len(times), Report(sum(times), 0.0, {}))
    p95_idle, p95_busy = _p95(idle), _p95(busy)
    return {
        f"card_p95.{database}.ratio": round(p95_busy / p95_idle, 4),
        f"card_p95.{database}.idle_ms": round(p95_idle * 1000, 2),
        f"card_p95.{database}.busy_ms": round(p95_busy * 1000, 2),
    }


class _Rounds:
    """Is set when it was asked so many times."""

    def __init__(self, count: int) -> None:
        self._left = count

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


def _times(browser: requests.Session, url: str, ended: "threading.Event | _Rounds") -> list[float]:
    times = []
    while not ended.is_set():
        began = time.perf_counter()
        answer = browser.get(url, timeout=30)
        times.append(time.perf_counter() - began)
        if answer.status_code != 200 or "Nordwind" not in answer.text:
            raise EngineError(f"the company's card answers {answer.status_code}: the run is void")
        time.sleep(_PAUSE)
    return times


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


def _signed_in(address: str) -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    form = browser.get(f"{address}/sign-in", timeout=30).text
    found = _TOKEN.search(form)
    sent = {"login": LOGIN, "password": PASSWORD, "csrf_token": found[1] if found else "", "next": ""}
    browser.post(f"{address}/sign-in", data=sent, headers={"Referer": address}, timeout=30).raise_for_status()
    return browser


@contextmanager
def _web(folder: Path, url: str) -> Iterator[str]:
    """Run the web process of the installation and yield its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "host.cli", "serve", "--only", "web"],
        cwd=ROOT,
        env=tieline_environment(folder, url),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        for line in process.stdout or ():
            if found := _LISTENS.search(line.strip()):
                yield found[1]
                break
        else:
            raise EngineError("the web process did not start")
    finally:
        process.terminate()
        process.communicate()
