"""Where the Jinja templates lie: one folder at the top of the checkout, inside the package where it is installed."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def template_folder() -> Path:
    """Return the folder that holds the templates of this copy of Tieline.

    Raises:
        FileNotFoundError: neither an installed nor a checked-out copy has its templates.
    """
    for folder in (_PACKAGE / "templates", _PACKAGE.parent / "templates"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"no templates beside {_PACKAGE}, install tieline again")
