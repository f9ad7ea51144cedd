"""A lab of its own for each module of tests, of which nothing is left."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from lab_helpers.cluster.choose import provider
from tests.integration.cluster.remains import assert_nothing_remains


@pytest.fixture(scope="module")
def lab_name(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a lab that the tests of a module make."""
    module = request.path.stem.removeprefix("test_")
    name = f"t-{module}-{uuid.uuid4().hex[:6]}"
    try:
        yield name
    finally:
        provider("embedded").delete(name)
        assert_nothing_remains(name)
