"""A host for the tests of a connector: it does what a run of Tieline does, keeps everything in memory, and can die.

host = FakeHost(Greenbook, {"address": erp.address, "token": "right"})
host.pull_dying_everywhere("Customer")
assert host.compare("Customer").faults == ()
"""

from sync_connectors.testing.fake_host.comparing import Comparison
from sync_connectors.testing.fake_host.dying import HostDiedError, Moment
from sync_connectors.testing.fake_host.host import FakeHost
from sync_connectors.testing.fake_host.keeping import Intent, Kept
from sync_connectors.testing.fake_host.pulling import Pulled
from sync_connectors.testing.fake_host.settling import UnclearError

__all__ = ["Comparison", "FakeHost", "HostDiedError", "Intent", "Kept", "Moment", "Pulled", "UnclearError"]
