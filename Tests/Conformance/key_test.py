"""The host's keys as an operator handles them: made, given, rotated while calls go on, refused."""

import json
import os
import signal
import subprocess
import time

import pytest

from conftest import BIN, Host


def make_key(id):
    return subprocess.run([BIN / "yizhand", "make-key", "--id", id], check=True, capture_output=True, text=True).stdout


def write(path, *lines):
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text("".join(lines))
    fresh.rename(path)


class Operator:
    def __init__(self, folder):
        self.key_file = folder / "host.key"
        self.host = Host(folder / "data", "--host-key-file", self.key_file, development=False)

    def cli(self, *arguments):
        done = subprocess.run(
            [BIN / "yizhan", *arguments], capture_output=True, text=True, timeout=60,
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "YIZHAN_SERVER": self.host.address,
                 "YIZHAN_TOKEN": self.host.token})
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self):
        return {key["id"]: key for key in json.loads(self.cli("privacy", "get-key-status", "-o", "json"))["keys"]}

    def current(self):
        return next((id for id, key in self.status().items() if key.get("current")), None)

    def eventually_current(self, id):
        for _ in range(100):
            if self.current() == id:
                return
            time.sleep(0.1)
        raise AssertionError(f"{id} is not current: {self.status()}\n{self.host.log.read_text()}")

    def refused(self, words):
        with pytest.raises(RuntimeError) as error:
            self.host.start()
        assert "ended with 78" in str(error.value) and words in str(error.value), error.value


@pytest.fixture
def operator(tmp_path):
    operator = Operator(tmp_path)
    yield operator
    operator.host.kill()


def test_keys_are_rotated_while_the_host_serves(operator):
    first, second, third = make_key("k1"), make_key("k2"), make_key("k3")
    write(operator.key_file, first)
    host = operator.host.start()
    # Nothing of its memory goes into a dump.
    assert int(open(f"/proc/{host.process.pid}/coredump_filter").read(), 16) == 0
    assert operator.current() == "k1"

    write(operator.key_file, second, first)
    host.process.send_signal(signal.SIGHUP)
    operator.eventually_current("k2")
    # A file that lacks a key in use changes nothing.
    write(operator.key_file, third)
    host.process.send_signal(signal.SIGHUP)
    write_time = time.monotonic()
    while "stay as they were" not in host.log.read_text():
        assert time.monotonic() - write_time < 10, host.log.read_text()
        time.sleep(0.05)
    assert operator.current() == "k2"

    write(operator.key_file, third, second)
    operator.cli("privacy", "rotate-keys")
    status = operator.status()
    assert status["k3"]["current"] and status["k2"]["removable"] and status["k1"]["removable"]
    assert host.stop() == 0

    # From now on the third key alone will do, and no other.
    write(operator.key_file, second)
    operator.refused("the database is sealed with key k3, which is not among the host's keys (k2)")
    write(operator.key_file, third)
    host.start()
    assert operator.current() == "k3"
    assert host.stop() == 0
    write(operator.key_file, make_key("k3"))
    operator.refused("the host key k3 is not the key k3 that the database is sealed with")
    for line in (first, second, third):
        assert line.split()[1] not in host.log.read_text()


def test_a_host_is_refused_without_a_good_key(operator):
    operator.refused("host.key cannot be read")
    write(operator.key_file, make_key("k1"))
    operator.key_file.chmod(0o644)
    operator.refused(f"run: chmod 600 '{operator.key_file}'")
    write(operator.key_file, "k1 " + "A" * 43 + "=\n")
    operator.refused("it is one byte repeated")
    operator.host.flags = ()
    operator.refused("there is no host key")
    assert not operator.host.data.exists()
    made = subprocess.run(
        [BIN / "yizhand", "make-key", "--id", "development-x"], capture_output=True, text=True)
    assert made.returncode == 78 and made.stdout == ""


def test_data_of_development_is_not_served_otherwise(operator):
    host = Host(operator.host.data)
    host.start()
    assert "development mode" in host.log.read_text()
    assert host.stop() == 0
    write(operator.key_file, make_key("k1"))
    operator.refused("it was made in development mode")
    # Unless it is moved to a key of the operator's own.
    development = (operator.host.data / "development.key").read_text()
    write(operator.key_file, operator.key_file.read_text(), development)
    mover = Host(operator.host.data, "--host-key-file", operator.key_file)
    mover.start()
    operator.host.port, operator.host.address, operator.host.token_file = mover.port, mover.address, host.token_file
    for _ in range(100):
        if all(key.get("current") or key.get("removable") for key in operator.status().values()):
            break
        time.sleep(0.1)
    assert mover.stop() == 0
    write(operator.key_file, operator.key_file.read_text().splitlines(keepends=True)[0])
    operator.host.start()
    assert operator.current() == "k1"
