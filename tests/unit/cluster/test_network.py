"""Links of the embedded cluster have hardware addresses that stay when their namespaces are made anew."""

from __future__ import annotations

import pytest

from lab_helpers.cluster.embedded.network import hardware_address


@pytest.mark.parametrize("address", ["10.83.7.12", "10.83.7.12/24"])
def test_it_follows_from_the_address(address: str) -> None:
    assert hardware_address(address) == "02:00:0a:53:07:0c"


def test_two_nodes_have_two() -> None:
    assert hardware_address("10.83.7.2") != hardware_address("10.83.7.3")


def test_it_belongs_to_one_link_and_to_no_maker() -> None:
    first = int(hardware_address("10.83.7.2").partition(":")[0], 16)
    assert first & 0b01 == 0, "unicast"
    assert first & 0b10, "locally administered"
