"""A host of its own for each test session, and stubs that grpcio-tools makes from Proto/ as a platform would."""

import importlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import grpc
import pytest
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("YIZHAN_BIN", ROOT / ".build" / "debug"))


_reserved = []


def free_port():
    """A port that nobody else is given while the tests run, connections of clients included.

    It stays bound, and does not listen: a server that allows its address to be used again may."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _reserved.append(holder)
    return holder.getsockname()[1]


class Host:
    """A `yizhand serve` on loopback with a data directory of its own, in development mode unless told."""

    def __init__(self, data, *flags, development=True, tracer=()):
        """`tracer` is the command that the host is run by, which has to make it this process's own child."""
        self.tracer = tracer
        self.mode = ["--development"] if development else []
        self.data = pathlib.Path(data)
        self.flags = flags
        self.port = free_port()
        self.metrics_port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.token_file = self.data.parent / (self.data.name + ".token")
        self.log = self.data.parent / (self.data.name + ".log")
        self.process = None

    def start(self, timeout_seconds=30):
        log = open(self.log, "ab")
        self.process = subprocess.Popen(
            [
                *self.tracer, BIN / "yizhand", "serve", *self.mode, "--data", self.data, "--listen", self.address,
                "--metrics", f"127.0.0.1:{self.metrics_port}", "--token-file", self.token_file, *self.flags,
            ],
            stdout=log, stderr=log,
        )
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"yizhand ended with {self.process.returncode}:\n{self.log.read_text()}")
            with socket.socket() as probe:
                # The token is written once the port is open.
                if probe.connect_ex(("127.0.0.1", self.port)) == 0 and self.token_file.exists():
                    return self
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"yizhand does not listen after {timeout_seconds} s:\n{self.log.read_text()}")

    @property
    def token(self):
        return self.token_file.read_text().strip()

    def channel(self, token=None, options=(), purpose=None):
        """A channel that sends the token (the administrator's unless told) with every call, and a purpose if given."""
        return grpc.intercept_channel(
            grpc.insecure_channel(self.address, options=list(options)),
            Bearer(self.token if token is None else token, purpose))

    def stop(self, timeout_seconds=60):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout_seconds)
        return self.process.returncode if self.process else None

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class _Details(grpc.ClientCallDetails):
    def __init__(self, details, metadata):
        for name in ("method", "timeout", "credentials", "wait_for_ready", "compression"):
            setattr(self, name, getattr(details, name, None))
        self.metadata = metadata


class Bearer(
    grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor, grpc.StreamStreamClientInterceptor,
):
    """Adds the bearer token to every call (stock grpcio refuses call credentials without TLS).

    With a purpose, replies show personal data of that purpose unmasked.
    """

    def __init__(self, token, purpose=None):
        self.token = token
        self.purpose = purpose

    def _with(self, details):
        metadata = list(details.metadata or [])
        if self.token:
            metadata.append(("authorization", f"Bearer {self.token}"))
        if self.purpose:
            metadata.append(("yizhan-purpose", self.purpose))
        return _Details(details, metadata)

    def intercept_unary_unary(self, continuation, details, request):
        return continuation(self._with(details), request)

    intercept_unary_stream = intercept_unary_unary
    intercept_stream_unary = intercept_unary_unary
    intercept_stream_stream = intercept_unary_unary


def generate_stubs(folder):
    """Runs grpcio-tools over Proto/yizhan, as the README tells a platform engineer to."""
    protos = sorted(str(path.relative_to(ROOT / "Proto")) for path in (ROOT / "Proto" / "yizhan").rglob("*.proto"))
    import grpc_tools
    include = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    code = protoc.main(
        ["protoc", f"-I{ROOT / 'Proto'}", f"-I{include}", f"--python_out={folder}", f"--grpc_python_out={folder}"] + protos)
    assert code == 0, "grpcio-tools could not make stubs from Proto/"


class Stubs:
    """`stubs.load("yizhan.workers.v1.worker")` gives (messages, services) of that proto."""

    def load(self, proto):
        return importlib.import_module(proto + "_pb2"), importlib.import_module(proto + "_pb2_grpc")


@pytest.fixture(scope="session")
def stubs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stubs")
    generate_stubs(folder)
    sys.path.insert(0, str(folder))
    return Stubs()


@pytest.fixture(scope="session")
def host(tmp_path_factory):
    host = Host(tmp_path_factory.mktemp("host") / "data").start()
    yield host
    assert host.stop() == 0, host.log.read_text()


@pytest.fixture(scope="session")
def channel(host):
    with host.channel() as channel:
        yield channel


@pytest.fixture(scope="session")
def admin_token(host):
    return host.token


@pytest.fixture(scope="session")
def new_host(tmp_path_factory):
    """Starts further hosts: `new_host("name", "--flag", "value")`; they are stopped at the end."""
    started = []

    def start(name, *flags):
        host = Host(tmp_path_factory.mktemp(name) / "data", *flags).start()
        started.append(host)
        return host

    yield start
    for host in started:
        host.kill()
