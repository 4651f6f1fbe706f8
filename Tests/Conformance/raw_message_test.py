"""Messages as they may arrive: cut anywhere, too large, too many, flagged wrongly, over a socket.

Sources: gRPC over HTTP/2 (PROTOCOL-HTTP2.md, "Length-Prefixed-Message"), "Status codes and their use",
compression.md."""

import pytest

from raw_connection import (
    CHECK, INTERNAL, NO_ERROR, NOT_FOUND, OK, REFLECT, RESOURCE_EXHAUSTED, SERVING, UNIMPLEMENTED, RawConnection,
    message, request_headers)

LIMIT_BYTES = 4 << 20
# HealthCheckRequest{service: "none"}.
NONE = message(b"\x0a\x04none")


@pytest.fixture(autouse=True)
def serves_on(host):
    """After every test the host answers a good call."""
    yield
    with RawConnection(host) as connection:
        connection.check()


@pytest.fixture
def connection(host):
    with RawConnection(host) as connection:
        yield connection


def varint(number):
    encoded = b""
    while number >= 128:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


def request_of(size_bytes):
    """A HealthCheckRequest of exactly that size: field 15, which it does not know, as bytes."""
    for length in range(max(size_bytes - 8, 0), size_bytes):
        payload = b"\x7a" + varint(length) + b"x" * length
        if len(payload) == size_bytes:
            return payload
    raise ValueError(f"no request has {size_bytes} bytes")


def messages_in(data):
    """The messages in the body of a reply, all of them whole."""
    found = []
    while data:
        assert data[0] == 0 and len(data) >= 5, data[:20]
        length = int.from_bytes(data[1:5], "big")
        assert len(data) >= 5 + length
        found.append(data[5:5 + length])
        data = data[5 + length:]
    return found


def reflect(host):
    return request_headers({"authorization": f"Bearer {host.token}"}, path=REFLECT)


def list_services(mark):
    """ServerReflectionRequest{host: mark, list_services: ""}; the answer begins with the host."""
    return message(b"\x0a" + varint(len(mark)) + mark + b"\x3a\x00")


def refused(connection, stream, status):
    """An early end: headers and trailers in one block, then RST NO_ERROR."""
    connection.wait(lambda: stream.reset is not None)
    assert stream.status == status and stream.is_trailers_only and stream.reset == NO_ERROR, stream
    connection.check()


def failed(connection, stream, status):
    """An end after END_STREAM: one block and no RST."""
    connection.finish(stream)
    assert stream.status == status and stream.is_trailers_only and stream.reset is None, stream
    connection.check()


def test_a_message_may_be_cut_at_any_byte(connection):
    for cut in range(len(NONE) + 1):
        stream = connection.open()
        connection.data(stream, NONE[:cut])
        connection.data(stream, NONE[cut:], end=True)
        failed(connection, stream, NOT_FOUND)


def test_a_message_may_come_byte_by_byte(connection):
    stream = connection.open()
    for byte in NONE:
        connection.data(stream, bytes([byte]))
    connection.data(stream, b"", end=True)
    failed(connection, stream, NOT_FOUND)


def test_frames_may_be_cut_at_any_byte(host):
    with RawConnection(host) as connection:
        sent = []
        connection.write, write = sent.append, connection.write
        streams = [connection.open() for _ in range(2)]
        for stream in streams:
            connection.data(stream, message(), end=True)
        data, connection.write = b"".join(sent), write
        for byte in data:
            connection.write(bytes([byte]))
        for stream in streams:
            assert connection.finish(stream).data == SERVING and stream.status == OK


def test_empty_and_padded_frames_are_frames(connection):
    stream = connection.open()
    connection.data(stream, b"")
    # DATA with the flag PADDED: the pad's length, the data, the pad.
    connection.raw_frame(0, 8, stream.id, b"\x07" + NONE[:6] + bytes(7))
    connection.data(stream, b"")
    connection.raw_frame(0, 9, stream.id, b"\xff" + NONE[6:] + bytes(255))
    failed(connection, stream, NOT_FOUND)


@pytest.mark.parametrize("is_apart", [False, True])
def test_the_end_may_come_in_an_empty_frame(connection, is_apart):
    stream = connection.open()
    connection.data(stream, message())
    if is_apart:
        connection.quiet(0.1)
        assert not stream.blocks
    connection.data(stream, b"", end=True)
    assert connection.finish(stream).data == SERVING and stream.status == OK and stream.reset is None


def test_a_reply_is_headers_messages_trailers(connection):
    stream = connection.call()
    assert [dict(block).get(":status") for block in stream.blocks] == ["200", None]
    assert stream.headers["content-type"] == "application/grpc"
    assert stream.status == OK and "grpc-status" not in stream.headers


@pytest.mark.parametrize("cut", [1, 4, 5, 6, 10])
def test_a_message_cut_short_at_the_end_is_internal(connection, cut):
    stream = connection.open()
    connection.data(stream, NONE[:cut], end=True)
    failed(connection, stream, INTERNAL)


def test_no_message_on_a_unary_call_is_unimplemented(connection):
    failed(connection, connection.open(end=True), UNIMPLEMENTED)
    stream = connection.open()
    connection.data(stream, b"", end=True)
    failed(connection, stream, UNIMPLEMENTED)


@pytest.mark.parametrize("extra", [message(), NONE, message(length=0xFFFFFFFF), b"\0", message(flag=7)])
def test_more_than_one_message_on_a_unary_call_is_unimplemented(connection, extra):
    stream = connection.open()
    connection.data(stream, message() + extra, end=True)
    failed(connection, stream, UNIMPLEMENTED)
    stream = connection.open()
    connection.data(stream, message())
    connection.data(stream, extra)
    refused(connection, stream, UNIMPLEMENTED)


@pytest.mark.parametrize("flag", [1, 2, 3, 127, 128, 255])
@pytest.mark.parametrize("encoding", [None, "identity"])
def test_a_flag_without_an_encoding_is_internal(host, connection, flag, encoding):
    headers = request_headers({"grpc-encoding": encoding})
    stream = connection.open(headers)
    connection.data(stream, message(b"x", flag=flag))
    refused(connection, stream, INTERNAL)
    stream = connection.open(headers)
    connection.data(stream, message(b"x", flag=flag), end=True)
    failed(connection, stream, INTERNAL)
    stream = connection.open(reflect(host))
    connection.data(stream, message(b"x", flag=flag))
    refused(connection, stream, INTERNAL)


@pytest.mark.parametrize("payload", [b"\x0a", b"\x0a\xff", b"\x0a\x02\xff\xfe", b"\x00", b"\x0b", b"\xff" * 11])
def test_a_message_that_cannot_be_decoded_is_internal(host, connection, payload):
    for headers in (request_headers(), reflect(host)):
        stream = connection.call(headers, message(payload))
        assert stream.is_trailers_only and stream.status == INTERNAL, stream
        connection.check()


def test_a_message_of_exactly_the_limit_passes(connection):
    stream = connection.open()
    connection.upload(stream, message(request_of(LIMIT_BYTES)))
    assert connection.finish(stream).status == OK and stream.data == SERVING


@pytest.mark.parametrize("length", [LIMIT_BYTES + 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_message_over_the_limit_is_refused_before_it_comes(host, connection, length):
    memory = peak_memory_bytes(host)
    for headers in (request_headers(), reflect(host)):
        for piece in (b"", b"x" * 1_000):
            # The prefix is enough: nothing is waited for, so nothing is set aside.
            stream = connection.open(headers)
            connection.data(stream, message(piece, length=length))
            refused(connection, stream, RESOURCE_EXHAUSTED)
    for _ in range(200):
        connection.data(connection.open(), message(length=length))
    connection.wait(lambda: all(stream.is_over for stream in connection.streams.values()))
    assert peak_memory_bytes(host) - memory < 64 << 20


def peak_memory_bytes(host):
    with open(f"/proc/{host.process.pid}/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))


def test_the_rest_of_a_message_that_was_refused_is_passed_over(connection):
    # Four times the connection's window: what is thrown away has to be credited too.
    for _ in range(4):
        stream = connection.open()
        connection.data(stream, message(length=LIMIT_BYTES + 1))
        for _ in range(16):
            connection.wait(lambda: connection.send_window >= 16_384)
            connection.data(stream, bytes(16_000))
        connection.finish(stream)
        assert stream.status == RESOURCE_EXHAUSTED
    stream = connection.open()
    connection.upload(stream, message(request_of(LIMIT_BYTES)))
    assert connection.finish(stream).status == OK


def test_several_messages_may_share_a_frame_and_be_cut_at_any_byte(host, connection):
    marks = [b"one", b"", b"three"]
    data = b"".join(list_services(mark) for mark in marks)
    for cut in range(len(data) + 1):
        stream = connection.open(reflect(host))
        connection.data(stream, data[:cut])
        connection.data(stream, data[cut:], end=True)
        assert connection.finish(stream).status == OK and stream.reset is None
        answers = messages_in(stream.data)
        assert len(answers) == 3
        for mark, answer in zip(marks, answers):
            assert not mark or answer.startswith(b"\x0a" + bytes([len(mark)]) + mark)


def test_no_message_at_all_is_a_stream_too(host, connection):
    stream = connection.open(reflect(host), end=True)
    assert connection.finish(stream).status == OK and not stream.data


@pytest.mark.parametrize("wrong, status", [
    (message(length=LIMIT_BYTES + 1), RESOURCE_EXHAUSTED), (message(length=0xFFFFFFFF), RESOURCE_EXHAUSTED),
    (message(flag=1), INTERNAL), (message(flag=200), INTERNAL)])
def test_a_later_message_of_a_stream_is_held_to_the_same(host, connection, wrong, status):
    stream = connection.open(reflect(host))
    connection.data(stream, list_services(b"one"))
    connection.wait(lambda: stream.data)
    connection.data(stream, wrong)
    connection.wait(lambda: stream.reset is not None)
    assert stream.ended and stream.status == status and stream.reset == NO_ERROR
    assert len(messages_in(stream.data)) == 1
    connection.check()


def test_a_stream_cut_short_in_a_message_is_internal(host, connection):
    stream = connection.open(reflect(host))
    connection.data(stream, list_services(b"one"))
    connection.wait(lambda: stream.data)
    connection.data(stream, list_services(b"two")[:-1], end=True)
    assert connection.finish(stream).status == INTERNAL and len(messages_in(stream.data)) == 1
    connection.check()


def test_a_stream_that_takes_one_message_takes_no_more_and_no_fewer(connection):
    headers = request_headers(path="/grpc.health.v1.Health/Watch")
    stream = connection.open(headers, end=True)
    assert connection.finish(stream).status == UNIMPLEMENTED and stream.is_trailers_only, stream
    stream = connection.open(headers)
    connection.data(stream, message() + message(), end=True)
    assert connection.finish(stream).status == UNIMPLEMENTED, stream
    connection.check()


def test_a_refusal_for_want_of_a_token_waits_for_no_message(connection):
    for path in (REFLECT, "/yizhan.workers.v1.WorkerService/GetWorker"):
        refused(connection, connection.open(request_headers(path=path)), "16")


def test_calls_side_by_side_are_not_mixed_up(connection):
    streams = [connection.open() for _ in range(40)]
    for position in range(len(NONE)):
        for stream in streams:
            connection.data(stream, NONE[position:position + 1], end=position == len(NONE) - 1)
    for stream in streams:
        failed(connection, stream, NOT_FOUND)
    assert connection.call(request_headers(path=CHECK)).status == OK
