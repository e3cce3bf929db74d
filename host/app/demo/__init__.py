"""The demo: the main job on the embedded parts, with sample data."""

from host.app.demo.setting_up import is_set_up, set_up
from host.app.demo.showing import show_first_sync

__all__ = ["is_set_up", "set_up", "show_first_sync"]
