"""The process that the image runs."""

import sys

from prj_04.main import main

sys.exit(main())
