"""Completion in real shells: what `yizhan completions SHELL` prints is loaded, and TAB is pressed on a terminal."""

import fcntl
import os
import pty
import re
import select
import shutil
import subprocess
import termios
import time

import pytest

from conftest import BIN

# How each shell is started without anybody's settings, and how it takes the script.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(yizhan completions bash)"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -u -D; source <(yizhan completions zsh)"),
    # The way that the script's help describes: a file of the folder where zsh looks for functions.
    "zsh-function": (
        ["zsh", "-f", "-i"],
        "mkdir -p $HOME/functions; yizhan completions zsh > $HOME/functions/_yizhan; "
        "fpath=($HOME/functions $fpath); autoload -Uz compinit; compinit -u -D"),
    "fish": (["fish", "--no-config", "-i"], "yizhan completions fish | source"),
}

# What is typed, and what the command prints if TAB completed it: none of them works as it was typed.
LINES = [
    ("yizhan wis\tcl\t--help", "Usage: yizhan wishes claim"),
    ("yizhan wishes claim --hel\t", "Usage: yizhan wishes claim"),
    ("yizhan modules --output js\t", '"package": "yizhan.wishes.v1"'),
    ("yizhan modules --output=js\t", '"package": "yizhan.wishes.v1"'),
    ("yizhan workers import-areas prov\t --dry-run", "rows received  1"),
]


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, command, environment):
        self.read, terminal = pty.openpty()
        self.process = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, cwd=environment["HOME"],
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(terminal)
        self.screen = ""

    def type(self, text):
        os.write(self.read, text.encode())

    def expect(self, text, timeout_seconds=20):
        """Waits until the terminal has shown the text since the last time."""
        deadline = time.monotonic() + timeout_seconds
        data = b""
        while time.monotonic() < deadline:
            if select.select([self.read], [], [], 0.1)[0]:
                data += os.read(self.read, 65536)
            self.screen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][0-9A-Z]?|\r", "", data.decode(errors="replace"))
            if text in self.screen:
                return
        raise AssertionError(f"the terminal does not show {text!r} but:\n{self.screen}")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.read)


@pytest.fixture(scope="module")
def environment(host, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (home / "provinces.csv").write_text("code,name\n410000,河南省\n", encoding="utf-8")
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(home), "TERM": "xterm", "LANG": "C.UTF-8",
        "YIZHAN_SERVER": host.address, "YIZHAN_TOKEN": host.token,
    }


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_what_the_server_serves(shell, environment):
    command, setup = SHELLS[shell]
    assert shutil.which(command[0]), f"{command[0]} is missing: Tests/run packages"
    terminal = Terminal(command, environment)
    try:
        # The words are cut so that the echo of what is typed does not count.
        terminal.type(setup + "; echo load''ed\r")
        terminal.expect("loaded")
        for typed, shown in LINES:
            terminal.type(typed + "\r")
            terminal.expect(shown)
            terminal.type("echo go''on\r")
            terminal.expect("goon")
    finally:
        terminal.close()


def test_fish_tells_what_a_word_is_about(environment):
    script = """
      yizhan completions fish | source
      complete -C 'yizhan wishes cl'
      complete -C 'yizhan wishes claim --wish'
    """
    done = subprocess.run(
        ["fish", "--no-config", "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [words[0] for words in lines] == ["claim", "--wish-id"], done.stderr
    assert all(words[1].strip() for words in lines)
