"""Traces: what was asked of one link's connector and what it answered, while an administrator wants to know."""
