"""The job: `python3 -m prj_03`."""

import sys

from prj_03.main import main

if __name__ == "__main__":
    sys.exit(main())
