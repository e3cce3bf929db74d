"""The demo: the main job on the embedded parts, with sample data and two ERPs, the second one behind a URL."""

from host.app.demo.setting_up import is_set_up, set_up
from host.app.demo.showing import show_first_sync
from host.app.demo.web_shop import HOST as SHOP_HOST
from host.app.demo.web_shop import WebShop

__all__ = ["SHOP_HOST", "WebShop", "is_set_up", "set_up", "show_first_sync"]
