"""The programs that clusters and add-ons are made of, and how they are got: PATH, the cache, an archive, or a build.

To add one, add a directory with a go.mod that has a ``tool`` line for it (see ``ToolModule``), and ask for it by name.
"""

from lab_helpers.programs.resolution import Programs, ProgramSource, can_build, find, missing, pinned, resolve

__all__ = ["ProgramSource", "Programs", "can_build", "find", "missing", "pinned", "resolve"]
