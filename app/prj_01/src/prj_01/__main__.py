"""The process of the collector: `python -m prj_01`."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType


def main() -> int:
    """Run the collector as the environment says."""
    # At once, for what follows takes a second to import, and the first process of a container has no default handler.
    signal.signal(signal.SIGTERM, _end)
    from prj_01.collector import run
    from prj_01.settings import SettingsError
    from prj_01.web import ListenError

    try:
        return run(os.environ)
    except (SettingsError, ListenError) as error:
        print(f"prj-01: {error}", file=sys.stderr)
        return 1


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # a worker may hang in a database that does not answer, and would be waited for
