"""What has to be in order before an installation is ready."""

from sqlalchemy.exc import SQLAlchemyError

from host.database import Database
from host.jobs.presence import is_working
from host.migrations import is_current
from host.secrets import SecretBox, lost_secrets


def readiness(database: Database, box: SecretBox) -> dict[str, str]:
    """Return what is wrong, by check; an empty text where nothing is."""
    faults = dict.fromkeys(("database", "migrations", "key", "worker"), "")
    try:
        if not is_current(database):
            faults["migrations"] = "the tables are of another version, run `tieline db upgrade`"
            faults["key"] = faults["worker"] = "not looked at"
            return faults
        with database.reading() as session:
            if lost := lost_secrets(session, box):
                faults["key"] = f"the key of {sum(map(len, lost.values()))} secrets is lost"
            if not is_working(session):
                faults["worker"] = "no worker process is alive"
    except SQLAlchemyError:
        return dict.fromkeys(faults, "not looked at") | {"database": "cannot be reached"}
    return faults
