"""Local clusters: another user of the machine cannot run code in them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.sweep import ClusterUnreachableError, connect, local_cluster
from confdiff_widgets.sweep.cluster import check_workers, unencrypted_notice

INTRUDER = """
import os, sys
from distributed import Client
from distributed.security import Security
uid = int(sys.argv[2])
if uid >= 0:
    os.setgid(uid); os.setuid(uid)
address = sys.argv[1]
attempts = {
    "without certificates": (address, Security()),
    "without encryption": (address.replace("tls://", "tcp://"), None),
    "with other certificates": (address, Security.temporary()),
}
for name, (target, security) in attempts.items():
    try:
        with Client(target, security=security, timeout=4) as client:
            print(name, "ran code as uid", client.submit(os.getuid).result(timeout=10))
    except BaseException as error:
        print(name, "failed:", type(error).__name__)
"""


@pytest.mark.parametrize("uid", [-1, 65534], ids=["same user", "another user"])
def test_a_process_without_the_certificates_runs_nothing(uid, tmp_path):
    if uid >= 0 and (not hasattr(os, "geteuid") or os.geteuid() != 0):
        pytest.skip("only root can become another user")
    with local_cluster(1) as client:
        address = client.scheduler.address
        assert address.startswith("tls://127.0.0.1:")
        done = subprocess.run(
            [sys.executable, "-c", INTRUDER, address, str(uid)],
            capture_output=True, text=True, cwd="/", timeout=120,
        )  # fmt: skip
        assert client.submit(os.getuid).result(timeout=30) == os.getuid()
    assert done.stdout.count("failed:") == 3, done.stdout + done.stderr
    assert "ran code" not in done.stdout


@pytest.mark.parametrize("workers", [0, -1, 100_000, 1.5, None])
def test_workers_beyond_the_machine_are_refused(workers):
    with pytest.raises(SettingsError, match=r"number of workers on \d+ cores is"):
        check_workers(workers)


def test_encrypted_schedulers_without_certificates_are_refused():
    with pytest.raises(ClusterUnreachableError, match="is encrypted"), connect("tls://127.0.0.1:1"):
        pass


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("tcp://node7:8786", True),
        ("tcp://127.0.0.1:8786", True),  # other users of this machine reach it
        ("node7:8786", True),  # Dask takes it as tcp://
        ("tls://node7:8786", False),
    ],
)
def test_schedulers_without_tls_are_announced(address, warned):
    notice = unencrypted_notice(address)
    assert ("can run code" in notice and "tls://HOST:PORT" in notice) == warned
    assert bool(notice) == warned
