"""The tables that prj_01 fills, as its own migrations make them, for the tests of whoever reads them."""

from __future__ import annotations

from lab_helpers import checkout

__all__ = ["tables"]


def tables() -> str:
    """The statements that make them in an empty database."""
    files = sorted((checkout.app_directory() / "prj_01/migrations").glob("*.sql"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
