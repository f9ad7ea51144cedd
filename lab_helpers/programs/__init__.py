"""Where the embedded cluster's programs come from: PATH, the cache, an official archive, or a build."""

from lab_helpers.programs.resolution import Binaries, Source, can_build, missing, resolve

__all__ = ["Binaries", "Source", "can_build", "missing", "resolve"]
