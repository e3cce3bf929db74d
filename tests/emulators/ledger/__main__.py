"""`python -m tests.emulators.ledger --port 8901` serves Ledger until it is stopped."""

import argparse

from tests.emulators.ledger.desk import Desk
from tests.emulators.ledger.server import LedgerServer


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="ledger", description="An ERP in memory, which misbehaves when told to.")
    parser.add_argument("--port", type=int, default=8901, help="TCP port of the loopback address; 0 takes a free one")
    parser.add_argument("--token", default="s3cret", help="what callers must know")
    chosen = parser.parse_args()
    with LedgerServer(Desk(token=chosen.token), chosen.port) as server:
        print(server.url, flush=True)  # noqa: T201 - whoever started it has to know where it answers
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
