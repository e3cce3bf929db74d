"""Words of the pages of links."""

from flask_babel import gettext as _

from erp_links.links.models import PauseReason
from erp_links.sync.models import Outcome, RunStatus


def outcome_words() -> dict[str, str]:
    """Return the word for each outcome of a run, and for where a run is that has none."""
    return {
        Outcome.SUCCESS.value: _("Success"),
        Outcome.PARTIAL.value: _("Partial"),
        Outcome.ABORTED.value: _("Aborted"),
        Outcome.FAILED.value: _("Failed"),
        RunStatus.QUEUED.value: _("Waiting"),
        RunStatus.RUNNING.value: _("Running"),
        RunStatus.FINISHED.value: _("Finished"),
    }


def pause_next(reason: PauseReason | None) -> str:
    """Return what ends a pause."""
    if reason is None:
        return ""
    words: dict[PauseReason, str] = {
        PauseReason.ADMINISTRATOR: _("Resume when it may go on."),
        PauseReason.AUTHENTICATION: _(
            "Type the new secrets on the Configuration page and test them; or resume if the ERP accepts the old ones."
        ),
        PauseReason.BRAKE: _("Look at what the run changed, then let it go on from the Sync page."),
        PauseReason.URL_CHANGED: _("Test the configuration again; its secrets have to be typed again."),
        PauseReason.PLUGIN_MISSING: _("Install or mend the plugin and restart Tieline; the link then goes on."),
        PauseReason.RESTORED_COPY: _("Make sure that no other installation uses this link, then resume."),
        PauseReason.KEY_LOST: _("Type the secrets again on the Configuration page and test them."),
    }
    return words[reason]
