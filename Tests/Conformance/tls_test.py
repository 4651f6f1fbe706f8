"""TLS as platforms and operators meet it: stock grpcio, Python's ssl, buf and the CLI against `yizhand serve`."""

import itertools
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

import grpc
import pytest

from certificates import Authority
from conftest import BIN, ROOT, Bearer, Host

SERVER_NAMES = "DNS:localhost,DNS:yizhan.test,IP:127.0.0.1"


class PKI:
    """What the tests connect with. Good certificates and all kinds of bad ones."""

    def __init__(self, folder):
        self.authority = Authority(folder / "authority")
        self.stranger = Authority(folder / "stranger", "Another Authority")
        issue = self.authority.issue
        self.servers = [issue(f"server{number}", SERVER_NAMES, "serverAuth") for number in range(4)]
        self.good = issue("platform", "URI:spiffe://city/platform,DNS:platform.test", "clientAuth")
        past = {"start": "20200101000000Z", "end": "20210101000000Z"}
        self.expired_server = issue("old-server", SERVER_NAMES, "serverAuth", **past)
        self.bad = {
            "expired on 2021-01-01": issue("expired", "DNS:platform.test", "clientAuth", **past),
            "signed by none of the authorities": self.stranger.issue("foreign", "DNS:platform.test", "clientAuth"),
            "no subject alternative name": issue("nameless", None, "clientAuth"),
            "does not allow": issue("misused", SERVER_NAMES, "serverAuth"),
            "is revoked": issue("revoked", "DNS:platform.test", "clientAuth"),
        }
        self.authority.revoke(self.bad["is revoked"][0])


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return PKI(tmp_path_factory.mktemp("pki"))


class TLSHost(Host):
    """A host with certificates in a folder of its own, where tests replace them."""

    def __init__(self, folder, pki, *flags, mode=None):
        self.pki = pki
        self.certificate, self.key = folder / "server.pem", folder / "server.key"
        self.list = folder / "revoked.crl"
        self.install(pki.servers[0])
        shutil.copy(pki.authority.list, self.list)
        flags += ("--tls-certificate-file", self.certificate, "--tls-key-file", self.key)
        if mode:
            flags += ("--tls-client-certificates", mode, "--tls-client-authority-file", pki.authority.certificate,
                      "--tls-revocation-list-file", self.list)
        super().__init__(folder / "data", *flags)

    def install(self, pair):
        """Puts a certificate and its key in place, each in one step."""
        for source, target in zip(pair, (self.certificate, self.key)):
            draft = target.with_suffix(".new")
            shutil.copy(source, draft)
            os.replace(draft, target)

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def secure_channel(self, client=None, authority=None):
        trusted = (authority or self.pki.authority).certificate.read_bytes()
        certificate, key = (path.read_bytes() for path in client) if client else (None, None)
        channel = grpc.secure_channel(
            self.address, grpc.ssl_channel_credentials(trusted, key, certificate),
            options=[("grpc.enable_retries", 0)])
        return grpc.intercept_channel(channel, Bearer(self.token))

    def context(self, protocols=("h2",), client=None):
        context = ssl.create_default_context(cafile=self.pki.authority.certificate)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        if client:
            context.load_cert_chain(*client)
        return context

    def connect(self, context, session=None):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return context.wrap_socket(plain, server_hostname="localhost", session=session)

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as page:
            for line in page.read().decode().splitlines():
                if line.startswith(name + " "):
                    return float(line.split()[-1])
        raise KeyError(name)

    def wait_for_log(self, *texts, seconds=10):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.log.read_text().splitlines():
                if all(text in line for text in texts):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no line with {texts} in the log:\n{self.log.read_text()}")


@pytest.fixture(scope="module")
def tls_host(pki, tmp_path_factory):
    host = TLSHost(tmp_path_factory.mktemp("tls"), pki).start()
    yield host
    assert host.stop() == 0, host.log.read_text()


@pytest.fixture(scope="module")
def mutual_host(pki, tmp_path_factory):
    host = TLSHost(tmp_path_factory.mktemp("mutual"), pki, mode="required").start()
    yield host
    assert host.stop() == 0, host.log.read_text()


@pytest.fixture(scope="module")
def get_caller(stubs):
    """`get_caller(channel)` makes the smallest call that needs a token."""
    messages, services = stubs.load("yizhan.access.v1.access")

    def call(channel, timeout=10):
        return services.AccessServiceStub(channel).GetCaller(messages.GetCallerRequest(), timeout=timeout)

    return call


def refused(call):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE, caught.value
    return caught.value.details()


def test_grpcio_calls_over_tls(tls_host, get_caller):
    with tls_host.secure_channel() as channel:
        assert get_caller(channel).principal_name == "administrator"
    assert 29 * 86_400 < tls_host.metric("yizhan_tls_certificate_expiry_seconds") <= 30 * 86_400


def test_buf_curl_calls_over_mutual_tls(mutual_host, pki):
    certificate, key = pki.good
    done = subprocess.run(
        [ROOT / ".venv-tests/bin/buf", "curl", "--protocol", "grpc", "--cacert", pki.authority.certificate,
         "--cert", certificate, "--key", key, "-H", f"authorization: Bearer {mutual_host.token}", "--reflect",
         "--reflect-header", f"authorization: Bearer {mutual_host.token}",
         f"https://localhost:{mutual_host.port}/yizhan.access.v1.AccessService/GetCaller"],
        capture_output=True, text=True, timeout=60, cwd=ROOT / "Proto")
    assert done.returncode == 0 and '"administrator"' in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("protocols", [(), ("http/1.1",), ("http/1.1", "spdy/3")])
def test_what_does_not_offer_http2_is_refused(tls_host, protocols):
    with tls_host.connect(tls_host.context(protocols)) as connection:
        assert connection.selected_alpn_protocol() is None
        assert connection.recv(1000) == b""
    tls_host.wait_for_log("TLS connection refused", "does not offer HTTP/2")


def test_versions(tls_host):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = tls_host.context()
        context.minimum_version = context.maximum_version = version
        with tls_host.connect(context) as connection:
            assert connection.selected_alpn_protocol() == "h2"
    context = tls_host.context()
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    # OpenSSL itself refuses 1.1 above this level; the server shall.
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.raises(ssl.SSLError, match="(?i)alert protocol version"):
        tls_host.connect(context)
    tls_host.wait_for_log("TLS connection refused", "no TLS from 1.2 on")


def test_a_certificate_is_required(mutual_host, pki, get_caller):
    with mutual_host.secure_channel(client=pki.good) as channel:
        assert get_caller(channel).principal_name == "administrator"
    with mutual_host.secure_channel() as channel:
        refused(lambda: get_caller(channel))
    mutual_host.wait_for_log("TLS connection refused", "presents no certificate")


@pytest.mark.parametrize("reason", [
    "expired on 2021-01-01", "signed by none of the authorities", "no subject alternative name", "does not allow",
    "is revoked"])
def test_bad_certificates_are_refused(mutual_host, pki, get_caller, reason):
    with mutual_host.secure_channel(client=pki.bad[reason]) as channel:
        refused(lambda: get_caller(channel))
    mutual_host.wait_for_log("TLS connection refused", reason)


def test_a_certificate_may_be_optional(pki, tmp_path, get_caller):
    host = TLSHost(tmp_path, pki, mode="optional").start()
    try:
        for client in (None, pki.good):
            with host.secure_channel(client=client) as channel:
                assert get_caller(channel).principal_name == "administrator"
        with host.secure_channel(client=pki.bad["is revoked"]) as channel:
            refused(lambda: get_caller(channel))
        assert host.metric('yizhan_tls_handshakes_total{outcome="identified"}') == 1
        assert host.metric('yizhan_tls_handshakes_total{outcome="anonymous"}') == 1
    finally:
        host.kill()


def test_a_resumed_session_keeps_its_certificate(mutual_host, pki):
    context = mutual_host.context(client=pki.good)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    name = 'yizhan_tls_handshakes_total{outcome="identified"}'
    before = mutual_host.metric(name)
    with mutual_host.connect(context) as first:
        session = first.session
    with mutual_host.connect(context, session) as second:
        assert second.session_reused
        # The SETTINGS of HTTP/2: the connection is not refused.
        assert second.recv(9)[3] == 4
    assert mutual_host.metric(name) == before + 2


def test_a_revoked_client_loses_its_connection(pki, tmp_path, get_caller):
    client = pki.authority.issue("short-lived", "DNS:platform.test", "clientAuth")
    host = TLSHost(tmp_path, pki, mode="required").start()
    try:
        context = host.context(client=client)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with host.connect(context) as connection:
            session = connection.session
        with host.secure_channel(client=client) as channel, host.secure_channel(client=pki.good) as other:
            get_caller(channel)
            get_caller(other)
            pki.authority.revoke(client[0])
            shutil.copy(pki.authority.list, host.list)
            host.wait_for_log("connection is being ended", "is revoked")
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                try:
                    get_caller(channel)
                except grpc.RpcError as error:
                    assert error.code() == grpc.StatusCode.UNAVAILABLE
                    break
            else:
                raise AssertionError("a revoked client still gets answers")
            get_caller(other)
        assert host.log.read_text().count("connection is being ended") == 1
        # Nor does the session of before bring it in.
        with pytest.raises(ssl.SSLError), host.connect(context, session) as connection:
            assert not connection.session_reused
            connection.recv(9)
    finally:
        host.kill()


def served_serial(host):
    with host.connect(host.context()) as connection:
        return connection.getpeercert()["serialNumber"]


def test_a_hundred_rotations_fail_no_call(pki, tmp_path, get_caller):
    host = TLSHost(tmp_path, pki, "--tls-client-certificates", "off").start()
    failures, counts, stop = [], [0, 0, 0, 0], threading.Event()

    def work(index, is_anew):
        channel = host.secure_channel()
        while not stop.is_set():
            try:
                if is_anew:
                    channel.close()
                    channel = host.secure_channel()
                get_caller(channel)
                counts[index] += 1
            except Exception as error:  # every kind of failure counts
                failures.append(error)
        channel.close()

    threads = [threading.Thread(target=work, args=(index, index % 2 == 0)) for index in range(4)]
    try:
        for thread in threads:
            thread.start()
        pairs = itertools.cycle(pki.servers)
        serial = served_serial(host)
        next(pairs)
        for number in range(100):
            host.install(next(pairs))
            host.hang_up()
            deadline = time.monotonic() + 10
            while (now := served_serial(host)) == serial:
                assert time.monotonic() < deadline, f"rotation {number} is not served"
            serial = now
        stop.set()
        for thread in threads:
            thread.join(30)
        assert not failures, failures[:3]
        assert min(counts) > 20, counts
        assert host.metric('yizhan_tls_reloads_total{outcome="succeeded"}') >= 100
        assert host.metric('yizhan_tls_reloads_total{outcome="failed"}') == 0
    finally:
        stop.set()
        host.kill()


def test_a_broken_file_keeps_the_old_certificate(pki, tmp_path):
    host = TLSHost(tmp_path, pki).start()
    try:
        serial = served_serial(host)
        # Without a signal: the host notices by itself.
        shutil.copy(pki.servers[1][0], host.certificate)
        host.wait_for_log("new TLS files are not used", "does not belong to the first certificate")
        host.certificate.write_text("-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n")
        host.wait_for_log("new TLS files are not used", "cannot be parsed")
        assert served_serial(host) == serial
        host.install(pki.servers[1])
        host.wait_for_log("TLS files read again")
        assert served_serial(host) != serial
    finally:
        host.kill()


def test_a_client_without_tls_is_told(tls_host, get_caller):
    # grpcio tries again, as after any GOAWAY, until its deadline.
    with tls_host.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        get_caller(channel, timeout=3)
    assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    for request, answer in [
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"this port speaks TLS only; use https://"),
        (b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"\x00\x01\x02\x03 no protocol at all", b""),
    ]:
        with socket.create_connection(("127.0.0.1", tls_host.port), timeout=10) as plain:
            plain.sendall(request)
            received = b""
            while more := plain.recv(1000):
                received += more
            assert answer in received
    tls_host.wait_for_log("TLS connection refused", "speaks HTTP without TLS")
    with tls_host.secure_channel() as channel:
        get_caller(channel)


def test_a_handshake_that_stops_half_way_is_cut(pki, tmp_path):
    host = TLSHost(tmp_path, pki, "--handshake-milliseconds", "500").start()
    try:
        with socket.create_connection(("127.0.0.1", host.port), timeout=10) as plain:
            plain.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
            began = time.monotonic()
            while plain.recv(1000):
                pass
            assert 0.4 < time.monotonic() - began < 5
    finally:
        host.kill()


@pytest.mark.parametrize("flags, message", [
    (["--tls-certificate-file", "{good}"], "tls-key-file is not"),
    (["--tls-certificate-file", "{folder}/none.pem", "--tls-key-file", "{key}"], "none.pem does not exist"),
    (["--tls-certificate-file", "{good}", "--tls-key-file", "{other_key}"], "does not belong to the first certificate"),
    (["--tls-certificate-file", "{key}", "--tls-key-file", "{key}"], "has no certificate"),
    (["--tls-certificate-file", "{old}", "--tls-key-file", "{old_key}"], "expired on 2021-01-01"),
    (["--tls-certificate-file", "{folder}", "--tls-key-file", "{key}"], "cannot be read"),
    (["--tls-certificate-file", "{good}", "--tls-key-file", "{key}", "--tls-client-certificates", "required"],
     "tls-client-authority-file is not"),
    (["--tls-certificate-file", "{good}", "--tls-key-file", "{key}", "--tls-client-certificates", "required",
      "--tls-client-authority-file", "{authority}", "--tls-revocation-list-file", "{foreign_list}"],
     "signed by none of the authorities"),
    (["--listen", "0.0.0.0:0"], "tls-certificate-file"),
])
def test_a_start_that_cannot_be_says_why(pki, tmp_path, flags, message):
    (good, key), (_, other_key), (old, old_key) = pki.servers[0], pki.servers[1], pki.expired_server
    names = {
        "good": good, "key": key, "other_key": other_key, "old": old, "old_key": old_key, "folder": tmp_path,
        "authority": pki.authority.certificate, "foreign_list": pki.stranger.list}
    done = subprocess.run(
        [BIN / "yizhand", "serve", "--data", tmp_path / "data", "--metrics", "off", "--listen", "127.0.0.1:0"][
            :6 if "--listen" in flags else 8] + [flag.format(**names) for flag in flags],
        capture_output=True, text=True, timeout=30)
    assert done.returncode == 78 and message in done.stderr, done.stderr
    assert not (tmp_path / "data").exists()


def test_a_host_with_tls_may_listen_anywhere(pki, tmp_path):
    host = TLSHost(tmp_path, pki)
    host.address = f"0.0.0.0:{host.port}"
    host.start()
    try:
        assert served_serial(host)
    finally:
        assert host.stop() == 0


def test_an_early_warning(pki, tmp_path):
    soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 5 * 86_400))
    pair = pki.authority.issue("soon", SERVER_NAMES, "serverAuth", end=soon)
    host = TLSHost(tmp_path, pki)
    host.install(pair)
    host.start()
    try:
        host.wait_for_log("warning", "the TLS certificate expires in")
    finally:
        host.kill()


class CLI:
    def __init__(self, folder):
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "LANG": "C"}

    def run(self, *arguments, code=0, text="", **environment):
        done = subprocess.run(
            [BIN / "yizhan", *map(str, arguments)], input=text, env={**self.environment, **environment},
            capture_output=True, text=True, timeout=60)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


def test_the_cli_over_tls(tls_host, mutual_host, pki, tmp_path):
    cli, address = CLI(tmp_path), f"https://127.0.0.1:{tls_host.port}"
    authority = ["--ca-file", pki.authority.certificate]
    assert "unavailable" not in cli.run("login", "--server", address, *authority, text=tls_host.token + "\n")
    assert "administrator" in cli.run("access", "get-caller")
    unknown = cli.run("modules", "--server", f"https://localhost:{tls_host.port}", code=69)
    assert "signed by no authority" in unknown and "--ca-file FILE" in unknown
    assert "get-caller" in cli.run(
        "modules", "--server", f"https://localhost:{tls_host.port}", YIZHAN_CA_FILE=str(pki.authority.certificate),
        YIZHAN_TOKEN=tls_host.token)
    assert "https" in cli.run("modules", "--server", f"127.0.0.1:{tls_host.port}", code=69)
    assert "are for TLS" in cli.run("modules", "--server", "127.0.0.1:1", *authority, code=64)
    mutual = f"https://localhost:{mutual_host.port}"
    assert "--client-certificate" in cli.run("modules", "--server", mutual, *authority, code=69)
    assert "does not accept" in cli.run(
        "modules", "--server", mutual, *authority, "--client-certificate", pki.bad["is revoked"][0], "--client-key",
        pki.bad["is revoked"][1], code=69)
    cli.run(
        "login", "--profile", "mutual", "--server", mutual, *authority, "--client-certificate", pki.good[0],
        "--client-key", pki.good[1], text=mutual_host.token + "\n")
    assert "administrator" in cli.run("access", "get-caller", "--profile", "mutual")


def test_the_cli_looks_at_the_name(pki, tmp_path):
    host = TLSHost(tmp_path, pki)
    host.install(pki.authority.issue("elsewhere", "DNS:elsewhere.test", "serverAuth"))
    host.start()
    try:
        told = CLI(tmp_path).run(
            "modules", "--server", f"https://localhost:{host.port}", "--ca-file", pki.authority.certificate, code=69)
        assert "not for localhost, but for elsewhere.test" in told
    finally:
        host.kill()


def test_the_cli_at_a_host_without_tls(host, tmp_path):
    told = CLI(tmp_path).run("modules", "--server", f"https://127.0.0.1:{host.port}", code=69)
    assert f"--server 127.0.0.1:{host.port}" in told


def test_the_handbook_s_commands_work(tmp_path, get_caller):
    text = (ROOT / "Sources/Host/README.md").read_text()
    section = text[text.index("## TLS"):]
    section = section[:section.index("\n## ", 3)]
    *make, revoke = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    serve = re.search(r"^```text\nyizhand serve (.*?)\nyizhan", section, re.MULTILINE | re.DOTALL)[1]
    flags = [flag if flag.startswith("--") or "/" not in flag and "." not in flag else tmp_path / flag
             for flag in serve.replace("\\\n", " ").split()[2:]]

    def run(script):
        done = subprocess.run(["bash", "-eu", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    for script in make:
        run(script)
    host = Host(tmp_path / "data", *flags).start()
    try:
        credentials = grpc.ssl_channel_credentials(
            *((tmp_path / name).read_bytes() for name in ("authority/authority.pem", "platform.key", "platform.pem")))

        def call():
            with grpc.secure_channel(host.address, credentials) as channel:
                return get_caller(grpc.intercept_channel(channel, Bearer(host.token)))

        assert call().principal_name == "administrator"
        run(revoke)
        host.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while "TLS files read again" not in host.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        refused(call)
        assert "is revoked" in host.log.read_text()
    finally:
        host.kill()
