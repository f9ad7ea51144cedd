"""The process that the image runs."""

import signal
import sys
from types import FrameType
from typing import NoReturn


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    # At once, for what follows takes a moment to import, and the first process of a container has no default handler.
    signal.signal(signal.SIGTERM, _end)
    from prj_04.main import main

    sys.exit(main())
