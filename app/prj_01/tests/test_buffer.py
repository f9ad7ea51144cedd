from __future__ import annotations

import threading

from prj_01.buffer import Buffer
from samples import readings


def test_it_goes_on_after_its_newest_reading_and_keeps_what_is_not_removed():
    buffer = Buffer(4)
    assert (buffer.end, buffer.wait_for_room(0)) == (None, (0, 0))
    buffer.begin(10)
    buffer.add(10, readings(11, 12, 13))
    assert buffer.wait_for_room(0) == (13, 1)
    assert buffer.wait_for_batch(2, 0) == (10, readings(11, 12))
    assert buffer.wait_for_batch(2, 0) == (10, readings(11, 12)), "it stays until it is removed"
    buffer.remove(readings(11, 12))
    assert buffer.wait_for_batch(2, 0) == (12, readings(13))
    buffer.remove(readings(13))
    assert (buffer.end, len(buffer), buffer.wait_for_batch(2, 0)) == (13, 0, (13, []))


def test_a_full_buffer_has_no_room_until_something_is_removed():
    buffer = Buffer(2)
    buffer.begin(0)
    buffer.add(0, readings(1, 2))
    assert buffer.wait_for_room(0.01) == (2, 0)
    timer = threading.Timer(0.05, buffer.remove, [readings(1)])
    timer.start()
    assert buffer.wait_for_room(10) == (2, 1)


def test_what_was_read_before_it_began_elsewhere_is_left_out():
    buffer = Buffer(10)
    buffer.begin(100)
    buffer.begin(50)
    buffer.add(100, readings(101))
    assert (len(buffer), buffer.end) == (0, 50)
