"""What an installation can be told from outside: `TIELINE_…` variables over an optional TOML file.

settings = Settings.load(os.environ)
settings.port
"""

from host.settings.declared import Settings
from host.settings.reading import SettingsError

__all__ = ["Settings", "SettingsError"]
