"""Programs of clusters, add-ons and learners' shells, and how they are got: PATH, cache, archive, or a build.

To add one, add a directory with a go.mod that has a ``tool`` line for it (see ``ToolModule``), and ask for it by name.
"""

from lab_helpers.programs.programs import names
from lab_helpers.programs.resolution import Programs, ProgramSource, can_build, find, missing, pinned, resolve

__all__ = ["ProgramSource", "Programs", "can_build", "find", "missing", "names", "pinned", "resolve"]
