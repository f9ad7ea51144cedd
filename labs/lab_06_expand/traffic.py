"""What proves steps 6.1 and 6.2: each host is answered by its own project, over TLS, whatever happens behind it."""

from __future__ import annotations

from lab_helpers import CheckContext, Evidence, check
from labs.lab_06_expand import production

__all__ = ["answered_by_host"]


@check("6.1", seconds=120)
def answered_by_host(lab: CheckContext) -> Evidence:
    """Production runs: every project is there, and every pod of it is Ready."""
    return Evidence(
        **{project.replace("-", "_"): len(production.rolled_out(lab, project)) for project in production.PROJECTS}
    )
