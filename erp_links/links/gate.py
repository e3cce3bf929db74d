"""The test gate: a proof that a test has passed with exactly the values that are about to be saved.

A proof is a row with an HMAC over all that the test depended on. It only spares a second test: whoever saves without
a valid one has the test run by the save itself. The key is derived from the installation's master key.
"""

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from erp_links.links.models import TestProof
from host.accounts.models import User
from host.errors import TooManyRequestsError
from host.secrets import SecretBox

VALID_FOR = timedelta(minutes=15)
_LIMITED_WITHIN = timedelta(minutes=1)
_KEPT_FOR = timedelta(days=1)
_ID = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a test depends on; a change of any of it makes the proof of an earlier test worthless.

    Attributes:
        plugin: Name and version of the connector that was asked.
        configuration: Canonical form of all values, secrets in clear.
        user_id: Who tests and saves; None for the command line.
    """

    connector_id: int
    url_revision: int
    plugin: str
    configuration: bytes
    guid: str
    user_id: int | None

    def digest(self, box: SecretBox) -> str:
        """Return the HMAC-SHA256 of the subject, 64 hexadecimal digits."""
        told = [
            self.connector_id,
            self.url_revision,
            self.plugin,
            self.configuration.hex(),
            self.guid,
            self.user_id,
        ]
        return hmac.new(box.derive(b"test proofs"), json.dumps(told).encode(), hashlib.sha256).hexdigest()


def begin(session: Session, user_id: int | None, guid: str, plugin: str, per_minute: int) -> str:
    """Note that a test begins, and return the id that becomes a proof if it passes.

    Raises:
        TooManyRequestsError: The user has begun as many tests within the last minute as one may.
    """
    now = datetime.now(UTC)
    if user_id is not None:
        # tests of one user are counted one after the other, or two at once would both be the last allowed
        session.execute(select(User.id).where(User.id == user_id).with_for_update())
    mine = TestProof.user_id == user_id if user_id is not None else TestProof.user_id.is_(None)
    session.execute(delete(TestProof).where(TestProof.created_at < now - _KEPT_FOR))
    count, oldest = session.execute(
        select(func.count(), func.min(TestProof.created_at)).where(mine, TestProof.created_at > now - _LIMITED_WITHIN)
    ).one()
    if count >= per_minute:
        wait = int((oldest + _LIMITED_WITHIN - now).total_seconds()) + 1
        raise TooManyRequestsError(
            _("%(count)s tests were run within the last minute", count=count),
            wait,
            _("test again in %(wait)s seconds", wait=wait),
        )
    proof = TestProof(
        id=secrets.token_urlsafe(32),
        user_id=user_id,
        guid=guid,
        plugin=plugin,
        digest="",
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    session.add(proof)
    return proof.id


def prove(session: Session, proof_id: str, digest: str) -> None:
    """Make a proof of a test that has passed; it is valid from now on."""
    session.execute(
        update(TestProof)
        .where(TestProof.id == proof_id, TestProof.digest == "")
        .values(digest=digest, expires_at=datetime.now(UTC) + VALID_FOR)
    )


def usable(session: Session, proof_id: str, user_id: int | None) -> TestProof | None:
    """Return the user's own proof if it is neither expired nor consumed; what it proves is not looked at."""
    proof = session.get(TestProof, proof_id) if _ID.fullmatch(proof_id) else None
    if proof is None or not proof.digest or proof.user_id != user_id:
        return None
    if proof.consumed_at is not None or proof.expires_at <= datetime.now(UTC):
        return None
    return proof


def consume(session: Session, proof_id: str, digest: str) -> bool:
    """Use a proof up, in the transaction of the save that it opens the gate for.

    Returns:
        False when it proves something else, has expired, or another save was quicker.
    """
    now = datetime.now(UTC)
    result = session.execute(
        update(TestProof)
        .where(
            TestProof.id == proof_id,
            TestProof.digest == digest,
            TestProof.consumed_at.is_(None),
            TestProof.expires_at > now,
        )
        .values(consumed_at=now)
    )
    return isinstance(result, CursorResult) and result.rowcount == 1
