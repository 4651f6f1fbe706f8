"""The audit log as auditors use it: looked up, exported, resumed, verified without the host; and as it must not be used:
tampered with in the file and in the database. A second verifier, written from the description of the format, agrees."""

import calendar
import hashlib
import json
import shutil
import sqlite3
import struct
import time

import grpc
import pytest

from cli_test import CLI

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def point(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - x2) % P == 0
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(public_key, message, signature):
    """RFC 8032, section 5.1.7, after the code of its section 6."""
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    left, right = multiply(s, BASE), add(point(signature[:32]), multiply(h, point(public_key)))
    return s < L and all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def frames(data):
    """(type, offset, whole frame) of each frame."""
    position, found = 0, []
    while position < len(data):
        kind, length = struct.unpack_from(">cI", data, position)
        found.append((kind.decode(), position, data[position:position + 5 + length]))
        position += 5 + length
    return found


def verified(data):
    """Checks a whole log from record 1; returns the records' methods and the values of the head."""
    previous, methods, head = bytes(32), [], None
    for kind, _, frame in frames(data):
        payload = frame[5:]
        if kind == "Y":
            assert payload == b"yizhan-audit\n\x01" + struct.pack(">q", 1) + bytes(32)
        elif kind == "R":
            assert payload[0] == 1 and struct.unpack_from(">q", payload, 1) == (len(methods) + 1,)
            assert hashlib.sha256(previous + payload[:-32]).digest() == payload[-32:]
            previous, position, texts = payload[-32:], 17, []
            for _ in range(7):
                length, = struct.unpack_from(">I", payload, position)
                texts.append(payload[position + 4:position + 4 + length].decode())
                position += 4 + length
            methods.append(texts[2])
        elif kind == "H":
            name, version, *values = payload.decode().split(" ")
            assert (name, version) == ("yizhan-audit-head", "v1")
            head = dict(value.split("=") for value in values)
            assert int(head["sequence"]) == len(methods) and bytes.fromhex(head["hash"]) == previous
    return methods, head


@pytest.fixture(scope="module")
def host(new_host):
    return new_host("audit")


@pytest.fixture(scope="module")
def cli(host, tmp_path_factory):
    cli = CLI(host, tmp_path_factory.mktemp("audit-cli"))
    cli.run("login", text=host.token + "\n")
    for number in range(6):
        cli.run("access", "create-token", "--principal-name", f"auditor-{number}", "--roles", "auditor")
    return cli


@pytest.fixture(scope="module")
def log(cli):
    path = cli.folder / "audit.log"
    assert "verified" in cli.run("audit", "export", path).stderr
    assert not path.with_name("audit.log.part").exists()
    return path


def test_records_are_found_and_opened(cli, host, log, stubs):
    listed = cli.json("audit", "list-records", "--method", "yizhan.access.v1.AccessService/CreateToken")["records"]
    assert len(listed) == 6 and all("changes" not in record for record in listed)
    shown = cli.json("audit", "get-record", "--sequence", listed[0]["sequence"])
    assert [change["table"] for change in shown["changes"]] == ["access_principal", "access_token"]
    columns = {column["column"]: column for column in shown["changes"][1]["columns"]}
    assert columns["hash"]["newValue"] == "sealed, 32 bytes" and "oldValue" not in columns["hash"]

    messages, services = stubs.load("yizhan.audit.v1.audit")
    secret = cli.json("access", "create-token", "--principal-name", "bound", "--roles", "auditor",
                      "--area-codes", "440304")["secret"]
    with host.channel(secret) as channel:
        audit = services.AuditServiceStub(channel)
        calls = [
            lambda: audit.ListRecords(messages.ListRecordsRequest()), lambda: audit.GetHead(messages.GetHeadRequest()),
            lambda: audit.GetRecord(messages.GetRecordRequest(sequence=1)),
            lambda: list(audit.ExportRecords(messages.ExportRecordsRequest())),
        ]
        for call in calls:
            with pytest.raises(grpc.RpcError) as refused:
                call()
            assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
    with host.channel() as channel:
        chunks = list(services.AuditServiceStub(channel).ExportRecords(messages.ExportRecordsRequest()))
        assert verified(b"".join(chunk.data for chunk in chunks))[0].count(
            "yizhan.access.v1.AccessService/CreateToken") == 7
        assert chunks[-1].sequence == chunks[-1].last_sequence


def test_another_verifier_agrees(cli, log):
    methods, head = verified(log.read_bytes())
    assert methods.count("yizhan.access.v1.AccessService/CreateToken") == 6
    line = cli.run("audit", "head").stdout.split()
    assert dict(value.split("=") for value in line[2:])["key"] == head["key"]
    seconds = calendar.timegm(time.strptime(head["time"][:19], "%Y-%m-%dT%H:%M:%S"))
    message = b"yizhan audit head 1\n" + struct.pack(
        ">qq", int(head["sequence"]), seconds * 1000 + int(head["time"][20:23])) + bytes.fromhex(head["hash"])
    key, signature = bytes.fromhex(head["key"]), bytes.fromhex(head["signature"])
    assert signed(key, message, signature)
    assert not signed(key, message + b"x", signature)


def test_verify_needs_no_server(cli, log):
    nobody = {"YIZHAN_SERVER": "127.0.0.1:1", "XDG_CONFIG_HOME": "/nonexistent"}
    found = cli.run("audit", "verify", log, "-o", "json", **nobody)
    facts = json.loads(found.stdout)
    assert facts["state"] == "OK" and facts["key_trusted"] == "no" and "--public-key" in found.stderr
    assert "nothing shows a cut tail" in found.stderr
    _, head = verified(log.read_bytes())
    found = cli.run("audit", "verify", log, "--public-key", head["key"], **nobody)
    facts = json.loads(found.stdout)
    assert facts["key_trusted"] == "yes" and facts["last_record"] == head["sequence"]
    # Who signed is known then, and not whether anything came after.
    assert "nothing shows a cut tail" in found.stderr and "--public-key" not in found.stderr
    cli.run("audit", "verify", log, "--public-key", "00" * 32, code=3, **nobody)
    cli.run("audit", "verify", log, "--public-key", "xyz", code=64, **nobody)
    cli.run("audit", "verify", log, "--head", log, code=64, **nobody)
    cli.run("audit", "verify", "/nonexistent", code=64, **nobody)
    assert "yizhan audit verify FILE" in cli.run("help", "audit", "verify", **nobody).stdout
    near_the_end = lambda frame: frame[:-40] + bytes([frame[-40] ^ 1]) + frame[-39:]
    assert "第 3 条记录" in tampered(cli, log, 3, near_the_end, LANG="zh_CN.UTF-8")


def tampered(cli, log, sequence, change, **environment):
    """What verify says of a log in which one record's frame was changed."""
    data = log.read_bytes()
    records = [frame for frame in frames(data) if frame[0] == "R"]
    _, offset, frame = records[sequence - 1]
    copy = log.with_name("tampered.log")
    copy.write_bytes(data[:offset] + change(frame) + data[offset + len(frame):])
    return cli.run("audit", "verify", copy, code=3, **environment).stderr


def test_every_record_flipped_or_dropped_is_named(cli, log):
    count = sum(kind == "R" for kind, _, _ in frames(log.read_bytes()))
    for sequence in range(1, count + 1):
        middle = lambda frame: frame[:60] + bytes([frame[60] ^ 1]) + frame[61:]
        assert f"record {sequence} " in tampered(cli, log, sequence, middle)
        said = tampered(cli, log, sequence, lambda frame: b"")
        assert (f"record {sequence} is missing" if sequence < count else f"ends with record {count - 1},") in said


def test_a_kept_head_shows_a_cut_tail(cli, host, log):
    heads = cli.folder / "heads"
    heads.write_text("# kept elsewhere\n" + cli.run("audit", "head").stdout)
    cli.run("access", "create-token", "--principal-name", "later", "--roles", "auditor")
    heads.write_text(heads.read_text() + cli.run("audit", "head").stdout)
    said = cli.run("audit", "verify", log, "--head", heads, code=3).stderr
    assert "the tail is cut" in said
    later = log.with_name("later.log")
    cli.run("audit", "export", later)
    found = cli.run("audit", "verify", later, "--head", heads)
    assert json.loads(found.stdout)["kept_heads_matching"] == "2" and "note:" not in found.stderr
    # The log that lacks the later record is in order for whoever has the key alone, and that is said.
    key = verified(log.read_bytes())[1]["key"]
    assert "nothing shows a cut tail" in cli.run("audit", "verify", log, "--public-key", key).stderr


def test_an_export_goes_on_where_it_broke_off(cli, log):
    whole = log.read_bytes()
    path = cli.folder / "resumed.log"
    part = cli.folder / "resumed.log.part"
    part.write_bytes(whole[:len(whole) * 2 // 3])
    assert "--resume" in cli.run("audit", "export", path, code=64).stderr
    cli.run("audit", "export", path, "--resume")
    assert not part.exists()
    facts = json.loads(cli.run("audit", "verify", path).stdout)
    assert facts["first_record"] == "1"
    cli.run("audit", "export", path, code=64)
    # What broke off within its first bytes begins anew; what is another file is left alone.
    path = cli.folder / "begun.log"
    part = cli.folder / "begun.log.part"
    part.write_bytes(whole[:20])
    cli.run("audit", "export", path, "--resume")
    path = cli.folder / "other.log"
    part = cli.folder / "other.log.part"
    part.write_bytes(b"a year's accounts, and no export\n" * 10)
    assert "no part of an export" in cli.run("audit", "export", path, "--resume", code=64).stderr
    assert part.stat().st_size == 330
    more = cli.folder / "more.log"
    last = json.loads(cli.run("audit", "verify", log).stdout)["last_record"]
    cli.run("audit", "export", more, "--from", int(last) + 1)
    joined = cli.folder / "joined.log"
    joined.write_bytes(whole + more.read_bytes())
    assert json.loads(cli.run("audit", "verify", joined).stdout)["first_record"] == "1"
    cli.run("audit", "export", cli.folder / "beyond.log", "--from", 100_000, code=1)
    assert not (cli.folder / "beyond.log.part").exists()


CHANGES = {
    "subject": "UPDATE kernel_audit SET subject = 'another' WHERE sequence = 5",
    "time": "UPDATE kernel_audit SET time = time + 1 WHERE sequence = 5",
    "changes": "UPDATE kernel_audit SET changes = x'00' WHERE sequence = 5",
    "hash": "UPDATE kernel_audit SET hash = zeroblob(31) WHERE sequence = 5",
    "dropped": "DELETE FROM kernel_audit WHERE sequence = 5",
}


def test_tampering_with_the_database_is_found(cli, host, tmp_path):
    assert host.stop() == 0
    database = host.data / "yizhan.db"
    whole = tmp_path / "whole"
    shutil.copytree(host.data, whole)
    for name, statement in CHANGES.items():
        with sqlite3.connect(database) as connection:
            assert connection.execute(statement).rowcount == 1
        connection.close()
        host.start()
        path = cli.folder / f"{name}.log"
        said = cli.run("audit", "export", path, code=3).stderr
        assert "record 5 " in said, said
        assert "record 5 " in cli.run("audit", "verify", path, code=3).stderr
        assert host.stop() == 0
        shutil.rmtree(host.data)
        shutil.copytree(whole, host.data)
    host.start()
    cli.run("audit", "export", cli.folder / "restored.log")
