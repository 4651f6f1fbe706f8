"""Commands of yizhand as an operator gives them: a bare serve, and those for the data of a host that does not run."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from conftest import BIN, Host


def applied(data):
    """Module and number of each migration that is in the database."""
    with contextlib.closing(sqlite3.connect(data / "yizhan.db")) as database:
        return database.execute("SELECT module, number FROM kernel_migration ORDER BY module, number").fetchall()


def run(*words):
    ended = subprocess.run([BIN / "yizhand", *words], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket() as control:
    fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", 1 | 64))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.skipif(os.getuid() != 0, reason="a network of the test's own, for the default ports, needs root")
def test_a_bare_serve_works_on_loopback(tmp_path):
    command = ["unshare", "--net", sys.executable, "-c", LOOPBACK_UP, BIN / "yizhand", "serve"]
    host = subprocess.Popen(
        command, cwd=tmp_path, env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True)
    try:
        assert host.stdout.readline().endswith(" on 127.0.0.1:7040\n")
        assert host.stdout.readline() == "data in ./yizhan-data, metrics on http://127.0.0.1:7041/metrics\n"
        assert host.stdout.readline().startswith("Development mode")
        host.send_signal(signal.SIGTERM)
        assert "\n  yz_" in host.stdout.read()
        assert host.wait(60) == 0
    finally:
        host.kill()
    # Whoever says where, deploys: then a key must be given.
    deployed = subprocess.run(
        [BIN / "yizhand", "serve", "--data", "yizhan-data"], cwd=tmp_path, env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, timeout=60)
    assert deployed.returncode == 78 and "there is no host key" in deployed.stderr


def test_serve_finds_nothing_left_to_migrate(tmp_path):
    data = tmp_path / "data"
    printed = {}
    for line in run("migrate", "--development", "--data", data).splitlines():
        word, module, what, number = line.replace(":", "").split()
        assert (word, what) == ("module", "schema"), line
        printed[module] = int(number)
    migrated = applied(data)
    highest = dict(row for row in migrated if row[0] != "kernel")
    assert {module: number for module, number in printed.items() if number} == highest
    assert {"access", "privacy", "audit", "limits", "workers", "wishes"} <= printed.keys()

    host = Host(data).start()
    assert host.stop() == 0, host.log.read_text()
    assert applied(data) == migrated


def test_a_token_file_that_cannot_be_costs_no_token(tmp_path):
    host = Host(tmp_path / "data")
    for token_file in (tmp_path, tmp_path / "nowhere" / "token"):
        ended = subprocess.run(
            [BIN / "yizhand", "serve", "--development", "--data", host.data, "--listen", "127.0.0.1:0",
             "--metrics", "off", "--token-file", token_file], capture_output=True, text=True, timeout=60)
        assert ended.returncode == 73 and str(token_file) in ended.stderr, ended.stderr
    host.start()
    assert host.token.startswith("yz_")
    assert host.stop() == 0, host.log.read_text()


def test_a_lost_administrator_gets_another_token(tmp_path, stubs):
    host = Host(tmp_path / "data").start()
    assert host.stop() == 0, host.log.read_text()
    token = run("reset-administrator", "--development", "--data", host.data).strip()
    assert token != host.token
    host.start()
    messages, services = stubs.load("yizhan.access.v1.access")
    audit, audit_services = stubs.load("yizhan.audit.v1.audit")
    for given in (token, host.token):
        with host.channel(given) as channel:
            caller = services.AccessServiceStub(channel).GetCaller(messages.GetCallerRequest(), timeout=10)
            assert caller.principal_name == "administrator"
    with host.channel(token) as channel:
        service = audit_services.AuditServiceStub(channel)
        listed = service.ListRecords(audit.ListRecordsRequest(method="reset"), timeout=10).records
        assert len(listed) == 1 and listed[0].principal_id == "system"
        shown = service.GetRecord(audit.GetRecordRequest(sequence=listed[0].sequence), timeout=10)
        assert "access_token" in [change.table for change in shown.changes]
    assert host.stop() == 0, host.log.read_text()
