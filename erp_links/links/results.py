"""How the test of a configuration ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync_connectors import Notice


@dataclass(frozen=True, slots=True)
class TestResult:
    """How a test ended.

    Attributes:
        text: What happened, in the ERP's words; empty when it passed.
        fields: What is wrong, by configuration field key.
        details: Facts that the connector found, label → text.
        error_class: Name of the class of error, such as `authentication`; empty when it passed.
        seconds: How long the connector took.
        proof: Id that spares a save of exactly these values the test; empty for a saved link's test.
    """

    __test__ = False  # pytest would take the name for a test class

    passed: bool
    at: datetime
    seconds: float
    text: str = ""
    instruction: str = ""
    technical: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    error_class: str = ""
    proof: str = ""
