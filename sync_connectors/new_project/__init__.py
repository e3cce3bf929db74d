"""A new project for one connector: `tieline connector new NAME`."""

from sync_connectors.new_project.naming import BadNameError, ProjectNames
from sync_connectors.new_project.writing import FolderTakenError, write_project

__all__ = ["BadNameError", "FolderTakenError", "ProjectNames", "write_project"]
