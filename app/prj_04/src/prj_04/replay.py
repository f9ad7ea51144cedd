"""Put the dead letters back into the stream: `python3 -m prj_04.replay`, once what made them fail is mended."""

from __future__ import annotations

import os
import sys

from redis.exceptions import RedisError

from prj_04 import stream
from prj_04.settings import SettingsError, broker_url

__all__ = ["main"]

_BROKER_SECONDS = 5.0


def main() -> int:
    """Put back what is there now and say how many; the exit status."""
    try:
        count = stream.replay(stream.connect(broker_url(os.environ), seconds=_BROKER_SECONDS))
    except (SettingsError, RedisError) as error:
        print(f"prj-04: {error}", file=sys.stderr)
        return 1
    print(f"prj-04: {count} dead letters put back into the stream")
    return 0


if __name__ == "__main__":
    sys.exit(main())
