"""Short forms of the fault tests of storage; kill9.py and sweep.py run the long ones by hand."""
import os
import shutil
import subprocess
import sys

import pytest
from conformance import BIN

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope="session")
def program():
    path = os.path.join(BIN, "StorageTorture")
    assert os.path.exists(path), f"{path} is missing: run swift build"
    return path


def run(script, *arguments):
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, script), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=900)
    assert done.returncode == 0, done.stdout


def test_kill9_loses_nothing_acknowledged(program):
    run("kill9.py", program, "25")


@pytest.mark.skipif(
    shutil.which("strace") is None and not os.environ.get("YIZHAN_TESTS_COMPLETE"), reason="needs strace")
def test_no_failed_system_call_makes_a_false_success(program):
    run("sweep.py", program, "2")
