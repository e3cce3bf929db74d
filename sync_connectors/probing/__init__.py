"""What a URL answers: what was called, what came back, and which protocol is spoken there."""

from sync_connectors.probing.asking import probe
from sync_connectors.probing.attempts import Attempt, Outcome, Probe
from sync_connectors.probing.telling import summary, words_of

__all__ = ["Attempt", "Outcome", "Probe", "probe", "summary", "words_of"]
