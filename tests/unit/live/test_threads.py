"""Memory that the process has freed."""

import sys

import psutil
import pytest

from confdiff_widgets.live.threads import return_freed_memory


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps freed memory")
def test_freed_memory_is_returned():
    process = psutil.Process()
    blocks = [b"\1" * 64 * 1024 for _ in range(2000)]
    last = blocks.pop()  # allocated after the others, it keeps them from being returned anyway
    full = process.memory_info().rss
    del blocks
    return_freed_memory()
    assert full - process.memory_info().rss > 100 * 2**20
    assert len(last) == 64 * 1024
