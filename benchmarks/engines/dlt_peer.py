"""The peer: dlt with the same pages, the same mapping function and the same key, in an environment of its own."""

import os
from collections.abc import Iterator
from typing import Any

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}

import dlt
import requests
from sqlalchemy import make_url

from benchmarks.customers import KEY_COLUMN, to_row
from benchmarks.engines.job import Job, perform

STRATEGY = {"sqlite": "delete-insert", "postgresql": "upsert"}
"""The quicker one of those that the destination offers."""


def load(job: Job) -> dict[str, Any]:
    """Extract, normalise and load what is newer than the watermark."""
    kind = "sqlite" if job.url.startswith("sqlite") else "postgresql"

    @dlt.resource(
        name="customer", primary_key=KEY_COLUMN, write_disposition={"disposition": "merge", "strategy": STRATEGY[kind]}
    )
    def customers() -> Iterator[list[dict[str, Any]]]:
        session, after = requests.Session(), 0
        session.trust_env = False
        while after is not None:
            page = session.get(f"{job.address}/customers?since={job.since}&after={after}", timeout=60).json()
            yield [to_row(record["values"]) for record in page["records"]]
            after = page["next"]

    if kind == "sqlite":
        destination: Any = dlt.destinations.sqlalchemy(job.url)
    else:
        # dlt insists on a password, also where the server asks for none
        target = make_url(job.url).set(drivername="postgresql")
        target = target if target.password else target.set(password="-")  # noqa: S106 -- none
        target = target.update_query_dict({"options": "-csynchronous_commit=off"})  # as Tieline's pages
        destination = dlt.destinations.postgres(target.render_as_string(hide_password=False))
    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=job.folder,
        destination=destination,
        dataset_name="main" if kind == "sqlite" else "benchmark",
    )
    pipeline.run(customers()).raise_on_failed_jobs()
    return {"version": dlt.__version__}


if __name__ == "__main__":
    perform({"load": load})
