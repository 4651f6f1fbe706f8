"""The READMEs' examples, run as they are written, on a terminal and against a host of their own.

Identifiers, times, counts, ports and tokens differ each time. What a README shows of an output is compared in all else: "…"
on a line by itself stands for lines left out, at the end of a table's heading for columns left out, and at the end of
a cell for what was cut.
"""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from conftest import BIN, ROOT, free_port

VENV = ROOT / ".venv-tests"
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
TIME = re.compile(r"\b20\d\d-\d\d-\d\d \d\d:\d\d(?::\d\d)?\b")
IMPORT = re.compile(r"\b20\d{6}-[a-z0-9]{10}\b")
NUMBER = re.compile(r"(?<=\s\s)\d+(?=\s\s|$)")
# Columns of the terminal.
WIDTH = 160
# Installing and building are other tests' business; the programs are those that were built for the tests.
NOT_RUN = ("apt-get ", "swift ", "Tests/run", "python3 -m venv ")
# Which command prints the identifier that an option takes: the first one in its output that is new.
PRINTED_BY = {
    "worker-id": "workers register", "organisation-id": "workers create-organisation", "wish-id": "wishes collect",
    "claim-id": "wishes claim",
}
# What makes a thing that a module's README takes for granted.
PREPARED_BY = {
    "worker-id": "yizhan workers register --name 苟建国 --phone 13700137000 --area-code 410304",
    "organisation-id": "yizhan workers create-organisation --kind labour_union --name 瀍河区总工会 --area-code 410304",
}


def blocks(text, *languages):
    """The fenced blocks in these languages: (language, content)."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(language, content) for language, content in found if language in languages]


def commands(content):
    """The commands of a console block, each with the lines shown below it."""
    content = content.replace("\\\n", "")
    result = []
    for line in content.splitlines():
        if line.startswith("$ "):
            result.append((line[2:], []))
        else:
            result[-1][1].append(line)
    return result


def is_not_run(command):
    # What is built for release has a test of its own below, with the programs that were built for the tests.
    return command.startswith(NOT_RUN) or ".build/release/" in command


def plain(line):
    """A line with one separator between its cells, and without what differs each time."""
    for pattern, word in ((UUID, "<id>"), (TIME, "<time>"), (IMPORT, "<import>"), (NUMBER, "<number>")):
        line = pattern.sub(word, line)
    return [cell for cell in re.split(r"\s{2,}", line.strip()) if cell]


def matches(shown, real, is_cut):
    """Whether a line is the one shown, cell by cell; of a table that is cut, the first cells."""
    shown, real = [cell for cell in plain(shown) if cell != "…"], plain(real)
    if is_cut:
        real = real[:len(shown)]
    return len(shown) == len(real) and all(
        cell == other or cell.endswith("…") and other.startswith(cell[:-1].strip())
        for cell, other in zip(shown, real))


def check_output(command, shown, output):
    real = [line.rstrip() for line in output.splitlines() if line.strip()]
    skipping = is_cut = False
    for line in shown:
        if line.strip() == "…":
            skipping = True
            continue
        is_cut = is_cut or line.endswith("  …")
        while skipping and real and not matches(line, real[0], is_cut):
            real.pop(0)
        skipping = False
        assert real and matches(line, real[0], is_cut), f"$ {command}\nthe README shows: {line}\nthe program:\n{output}"
        real.pop(0)
    assert skipping or not real, f"$ {command}\nthe README does not show: {real}"


class Reader:
    """Somebody who types what a README says."""

    def __init__(self, host, folder):
        self.host = host
        self.folder = folder
        self.environment = {
            "PATH": f"{BIN}:{VENV / 'bin'}:{os.environ['PATH']}", "HOME": str(folder), "LANG": "C.UTF-8",
            "TERM": "xterm", "YIZHAN_SERVER": host.address, "TOKEN": host.token,
        }
        self.printed = {}
        self.seen = set()
        self.names = {}
        # The clone, seen from a folder where files may be made.
        for name in ("Proto", "Tests"):
            (folder / name).symlink_to(ROOT / name)
        (folder / "venv").symlink_to(VENV)

    def run(self, command, answer=None, timeout_seconds=120):
        """Runs a command on a terminal; its exit status and what it shows."""
        master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
        process = subprocess.Popen(
            ["bash", "-c", command], stdin=terminal, stdout=terminal, stderr=terminal, env=self.environment,
            cwd=self.folder, start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(terminal)
        data = b""
        deadline = time.monotonic() + timeout_seconds
        try:
            while time.monotonic() < deadline:
                if not select.select([master], [], [], 0.1)[0]:
                    continue
                try:
                    data += os.read(master, 65536)
                except OSError:  # The terminal is closed: the command has ended.
                    break
                if answer and data.endswith(b": "):
                    # What is typed before the terminal stops to echo is thrown away.
                    time.sleep(0.2)
                    os.write(master, (answer + "\n").encode())
                    answer = None
            code = process.wait(max(deadline - time.monotonic(), 1))
        finally:
            process.kill()
            os.close(master)
        text = data.decode().replace("\r\n", "\n")
        # A progress bar paints over its line again and again; the last state counts.
        lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line.rsplit("\r", 1)[-1]) for line in text.split("\n")]
        return code, "\n".join(lines)

    def follow(self, command, shown):
        """Types a command of a README and holds its output against what is shown, if anything is."""
        if is_not_run(command):
            return
        code, output = self.run(self.with_ids(command), answer=self.host.token if command == "yizhan login" else None)
        fails = any(line.startswith("yizhan: ") for line in shown)
        assert (code != 0) == fails, f"$ {command}\nended with {code}:\n{output}"
        if shown:
            check_output(command, shown, output)
        self.learn(command, shown, output)

    def learn(self, command, shown, output):
        """Remembers identifiers: those that a command printed first, and what the README calls them."""
        new = [id for id in UUID.findall(output) if id not in self.seen]
        self.seen.update(new)
        if new:
            self.printed[" ".join(command.split()[1:3])] = new[0]
        known = [id for line in shown for id in UUID.findall(line)]
        self.names.update(zip(dict.fromkeys(known), dict.fromkeys(UUID.findall(output))))

    def with_ids(self, command):
        """The command with the identifiers of this host for those of the README, or for its variables."""
        def replace(match):
            option, name = match[1], match[2]
            if name not in self.names:
                maker = PRINTED_BY[option]
                if maker not in self.printed:
                    self.learn(PREPARED_BY[option], [], self.run(PREPARED_BY[option])[1])
                self.names[name] = self.printed[maker]
            return f"--{option} {self.names[name]}"

        return re.sub(rf"--([a-z-]+-id) (\$[A-Z]+|{UUID.pattern})", replace, command)


def test_the_one_command_runs_the_host(tmp_path):
    """What the README says first, as it stands there but for the packages, which have to be there, and the folder."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Run it\n")[1].split("\n## ")[0]
    (_, line), (_, shown) = blocks(section, "sh", "text")
    install, _, command = line.strip().partition(" && swift build ")
    packages = install.removeprefix("apt-get update && apt-get install -y ").split()
    known = subprocess.run(["dpkg-query", "-W", "-f=${Status}\\n", *packages], capture_output=True, text=True, check=True)
    assert set(known.stdout.splitlines()) == {"install ok installed"}, known.stdout
    port, metrics = free_port(), free_port()
    # With a folder and ports of the test's own the host is told more than a bare serve, which implies the mode.
    environment = {
        **os.environ, "YIZHAN_DATA": str(tmp_path / "data"), "YIZHAN_LISTEN": f"127.0.0.1:{port}",
        "YIZHAN_METRICS": f"127.0.0.1:{metrics}", "YIZHAN_DEVELOPMENT": "true"}
    for start in range(2):
        host = subprocess.Popen(
            ["bash", "-c", f"set -e; {('swift build ' + command).replace(' && ', '; exec ')}"], cwd=ROOT, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        expected = shown.replace("127.0.0.1:7040", f"127.0.0.1:{port}").replace("7041", str(metrics))
        expected = expected.replace("./yizhan-data", str(tmp_path / "data")).splitlines()
        try:
            printed = []
            for text in host.stdout:
                printed.append(text.rstrip("\n"))
                if text.startswith(("or from any", "Development mode") if start else "or from any"):
                    break
            host.send_signal(signal.SIGINT)
            printed += host.stdout.read().splitlines()
            assert host.wait(30) == 0
        finally:
            host.kill()
        first = next(number for number, text in enumerate(printed) if text.startswith("yizhand "))
        tokens = re.findall(r"yz_[A-Za-z0-9_-]{43}", "\n".join(printed))
        # The token is shown at the first start and never again.
        assert len(tokens) == (0 if start else 1)
        assert [re.sub(r"yz_[A-Za-z0-9_-]{43}", "yz_…", text) for text in printed[first:]] == (
            expected[:3] if start else expected)


def test_a_key_is_made_and_used_as_the_readme_says(tmp_path):
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Configure it\n")[1].split("\n## ")[0]
    (_, content), = blocks(section, "sh")
    _, make, serve = content.replace(".build/release/", f"{BIN}/").splitlines()
    subprocess.run(["bash", "-c", make], cwd=tmp_path, check=True, timeout=60)
    environment = {
        **os.environ, "YIZHAN_DATA": str(tmp_path / "data"), "YIZHAN_LISTEN": "127.0.0.1:0", "YIZHAN_METRICS": "off"}
    host = subprocess.Popen(
        ["bash", "-c", f"exec {serve}"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    try:
        assert host.stdout.readline().startswith("yizhand ")
        host.send_signal(signal.SIGTERM)
        assert "Development mode" not in host.stdout.read()
        assert host.wait(30) == 0
    finally:
        host.kill()


def test_every_configuration_key_is_printed(tmp_path):
    done = subprocess.run(
        [BIN / "yizhand", "config", "--development", "--data", tmp_path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for key in ("listen", "data", "metrics", "host-key-file", "report-threads"):
        assert re.search(rf"^ *{key}\b", done.stdout, re.MULTILINE), f"{key} is not in:\n{done.stdout}"
    assert str(tmp_path) in done.stdout
    assert not list(tmp_path.iterdir()), "printing the configuration makes nothing"


@pytest.mark.parametrize("target, package", [
    ("CNghttp2", "libnghttp2-dev"), ("CProtobufC", "libprotobuf-c-dev"), ("CSQLite", "libsqlite3-dev")])
def test_a_missing_library_names_its_package(target, package):
    header, = (ROOT / "Sources" / target).glob("*.h")
    done = subprocess.run(
        ["clang", "-fsyntax-only", "-nostdinc", "-x", "c", header], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and f"apt-get install {package}" in done.stderr, done.stderr


@pytest.fixture
def reader(new_host, tmp_path):
    return Reader(new_host("readme"), tmp_path)


def test_the_tour_of_the_readme_is_as_it_says(reader):
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("127.0.0.1:7040", reader.host.address)
    followed, ran = 0, []
    for language, content in blocks(text, "console", "sh", "python"):
        if language == "console":
            for command, shown in commands(content):
                reader.follow(command, shown)
                followed += 1
        elif language == "python":
            (reader.folder / "example.py").write_text(content.replace("yz_…", reader.host.token), encoding="utf-8")
            code, output = reader.run("venv/bin/python example.py")
            assert code == 0 and UUID.fullmatch(output.strip()), output
            ran.append("python")
        else:
            for command in content.replace("\\\n", "").splitlines():
                if is_not_run(command):
                    continue
                code, output = reader.run(command)
                assert code == 0, f"$ {command}\n{output}"
                ran.append(command.split()[0])
                if command.startswith("buf curl"):
                    assert json.loads(output)["phone"] == "+86138****0000", output
    assert followed > 8 and ran == ["mkdir", "python", "buf"], "the test no longer finds the README's examples"


@pytest.mark.parametrize("module", sorted(path.parent.name for path in (ROOT / "Plugins").glob("*/README.md")))
def test_a_module_can_be_tried_as_its_readme_says(module, reader):
    assert reader.run("yizhan login", answer=reader.host.token)[0] == 0
    assert reader.run("yizhan workers import-areas Tests/Fixtures/areas.csv --coordinate-system gcj02")[0] == 0
    section = (ROOT / "Plugins" / module / "README.md").read_text(encoding="utf-8").split("\n## Try it\n")[1]
    followed = [command for _, content in blocks(section, "console") for command in commands(content)]
    assert followed
    for command, shown in followed:
        reader.follow(command, shown)
