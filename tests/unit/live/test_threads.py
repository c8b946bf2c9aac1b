import sys

import psutil
import pytest

from confdiff_widgets.live.threads import return_freed_memory


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps what was freed")
def test_what_was_freed_is_given_back():
    process = psutil.Process()
    blocks = [b"\1" * 64 * 1024 for _ in range(2000)]
    pin = blocks.pop()  # lies behind the others, so that their end is not given back by itself
    full = process.memory_info().rss
    del blocks
    return_freed_memory()
    assert full - process.memory_info().rss > 100 * 2**20
    assert len(pin) == 64 * 1024
