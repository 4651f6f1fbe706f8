"""Windows, cancellation and frames out of order: what one stream does must not harm another, what a connection does
must not harm the host.

Sources: RFC 9113, sections 5.1, 5.2, 5.4, 6 and 6.9.2."""

import pytest
from hyperframe.frame import SettingsFrame

from raw_connection import (
    CANCEL, DEADLINE_EXCEEDED, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, OK, PREFACE, PROTOCOL_ERROR, REFLECT,
    SERVING, RawConnection, message, request_headers)

WINDOW = SettingsFrame.INITIAL_WINDOW_SIZE
STREAM_CLOSED, ENHANCE_YOUR_CALM = 5, 11
# ServerReflectionRequest{file_containing_symbol: …}: some kilobytes come back.
SYMBOL = b"yizhan.workers.v1.WorkerService"
FILES = message(b"\x22" + bytes([len(SYMBOL)]) + SYMBOL)


@pytest.fixture(autouse=True)
def serves_on(host):
    """After every test the host answers a good call on another connection."""
    yield
    with RawConnection(host) as connection:
        connection.check()


@pytest.fixture
def connection(host):
    with RawConnection(host) as connection:
        yield connection


def reflect(host, **fields):
    return request_headers({"authorization": f"Bearer {host.token}"} | fields, path=REFLECT)


@pytest.fixture(scope="module")
def files(host):
    """The reply to FILES."""
    with RawConnection(host) as connection:
        stream = connection.call(reflect(host), FILES)
        assert stream.status == OK and len(stream.data) > 5_000, stream
        return stream.data


@pytest.mark.parametrize("window", [0, 1])
def test_a_reply_waits_for_the_window(host, window):
    with RawConnection(host, {WINDOW: window}, credits=False) as connection:
        stream = connection.open()
        connection.data(stream, message(), end=True)
        connection.wait(lambda: stream.blocks and len(stream.data) == window)
        connection.quiet()
        for size in range(window, len(SERVING)):
            assert stream.data == SERVING[:size] and not stream.is_over
            connection.credit(stream, 1)
            connection.wait(lambda: len(stream.data) > size)
        assert connection.finish(stream).data == SERVING and stream.status == OK and stream.reset is None


@pytest.mark.parametrize("window", [0, 1])
def test_an_end_without_a_message_waits_for_no_window(host, window):
    with RawConnection(host, {WINDOW: window}, credits=False) as connection:
        stream = connection.call(body=message(b"\x0a\x04none"))
        assert stream.status == "5" and stream.is_trailers_only


def test_settings_may_make_a_window_negative(host, connection, files):
    connection.credits = False
    connection.settings({WINDOW: 1_000})
    stream = connection.open(reflect(host))
    connection.data(stream, FILES, end=True)
    connection.wait(lambda: len(stream.data) == 1_000)
    # RFC 9113, 6.9.2: the window is now −1,000; it takes 1,001 bytes of credit until one more byte may come.
    connection.settings({WINDOW: 0})
    connection.credit(stream, 1_000)
    connection.quiet()
    assert len(stream.data) == 1_000
    connection.credit(stream, 1)
    connection.wait(lambda: len(stream.data) == 1_001)
    # And SETTINGS alone open it again.
    connection.settings({WINDOW: 200})
    connection.wait(lambda: len(stream.data) == 1_201)
    connection.settings({WINDOW: 50_000})
    assert connection.finish(stream).data == files and stream.status == OK


def test_the_window_of_the_connection_holds_too(host, connection, files):
    connection.credits = False
    streams = []
    while sum(len(stream.data) for stream in streams) < 65_535:
        assert len(streams) < 100
        streams.append(connection.open(reflect(host)))
        connection.data(streams[-1], FILES, end=True)
        connection.quiet(0.02)
    connection.quiet()
    assert sum(len(stream.data) for stream in streams) == 65_535
    for _ in streams:
        connection.credit(None, len(files))
    for stream in streams:
        assert connection.finish(stream).data == files and stream.status == OK


def test_a_deadline_ends_a_reply_that_waits_for_its_window(host):
    with RawConnection(host, {WINDOW: 1}, credits=False) as connection:
        stream = connection.open(reflect(host, **{"grpc-timeout": "3000m"}))
        connection.data(stream, FILES)
        connection.finish(stream)
        assert len(stream.data) == 1 and stream.status == DEADLINE_EXCEEDED


def test_cancelling_a_reply_that_waits_leaves_nothing_behind(host):
    # More calls than may be open at once, each cancelled while its reply waits.
    with RawConnection(host, {WINDOW: 0}, credits=False) as connection:
        for _ in range(3):
            streams = [connection.open(reflect(host) if index % 2 else None) for index in range(200)]
            for index, stream in enumerate(streams):
                connection.data(stream, FILES if index % 2 else message(), end=index % 3 == 0)
            connection.wait(lambda: all(stream.blocks or index % 3 for index, stream in enumerate(streams)))
            for stream in streams:
                connection.reset(stream, CANCEL)
        connection.settings({WINDOW: 65_535})
        connection.check()
        assert connection.goaway is None


def test_a_stalled_reply_holds_up_no_other(host, files):
    with RawConnection(host, {WINDOW: 0}, credits=False) as connection:
        stalled = [connection.open(reflect(host)) for _ in range(50)]
        for stream in stalled:
            connection.data(stream, FILES)
        connection.settings({WINDOW: 100})
        connection.wait(lambda: all(len(stream.data) == 100 for stream in stalled))
        connection.check()
        for stream in stalled:
            connection.credit(stream, len(files))
        connection.credit(None, 60 * len(files))
        connection.wait(lambda: all(len(stream.data) == len(files) for stream in stalled))


def test_a_stalled_request_holds_up_no_other(connection):
    stalled = [connection.open() for _ in range(100)]
    for stream in stalled:
        connection.data(stream, message(length=10_000) + bytes(1_000))
    connection.check()
    for stream in stalled:
        connection.data(stream, b"")
    connection.check()


def test_a_handler_that_does_not_read_bounds_its_stream_alone(host, connection):
    # The reply waits for ever, so the handler takes no more requests and the stream's window stays shut.
    connection.credits = False
    connection.settings({WINDOW: 0})
    stream = connection.open(reflect(host))
    sent_bytes = 0
    while connection.poll(lambda: min(connection.send_window, stream.send_window) > 16_384, 0.5):
        connection.data(stream, FILES * (16_384 // len(FILES)))
        sent_bytes += 16_384
        assert sent_bytes < 8 << 20, "requests are taken that nobody reads"
    assert stream.send_window <= 16_384 and not stream.is_over
    other = connection.open()
    connection.credit(other, len(SERVING))
    connection.upload(other, message())
    assert connection.finish(other).data == SERVING and other.status == OK


def test_more_than_the_window_resets_the_stream(host, connection):
    connection.settings({WINDOW: 0})
    stream = connection.open(reflect(host))
    connection.poll(lambda: stream.blocks, 0.2)
    for _ in range(100):
        if stream.reset is not None or connection.is_closed:
            break
        connection.data(stream, FILES * (16_000 // len(FILES)))
        connection.quiet(0.005)
    connection.finish(stream)
    assert stream.reset == FLOW_CONTROL_ERROR
    connection.settings({WINDOW: 65_535})
    connection.check()


def test_too_much_credit_resets_its_stream(connection):
    stream = connection.open()
    connection.credit(stream, 0x7FFFFFFF)
    assert connection.finish(stream).reset == FLOW_CONTROL_ERROR
    connection.check()


def test_data_after_the_end_harms_no_other_stream(host, connection):
    stream = connection.call()
    connection.data(stream, message(), end=True)
    connection.poll(lambda: connection.is_closed or stream.reset is not None, 0.3)
    # RFC 9113, 5.1: STREAM_CLOSED, for the stream or the connection; frames shortly after the end may be passed over.
    assert not connection.is_closed or connection.goaway.error_code == STREAM_CLOSED


@pytest.mark.parametrize("kind, flags, stream_id, payload, code", [
    ("DATA on no stream", 0, 0, b"x", PROTOCOL_ERROR),
    ("DATA on an idle stream", 0, 99, b"x", PROTOCOL_ERROR),
    ("DATA with more pad than payload", 8, 1, b"\x09x", PROTOCOL_ERROR),
    ("HEADERS on no stream", 5, 0, b"", PROTOCOL_ERROR),
    ("HEADERS of a server", 5, 2, b"\x83", PROTOCOL_ERROR),
    ("HEADERS with more pad than payload", 13, 3, b"\x09\x83", PROTOCOL_ERROR),
    ("PRIORITY of another length", 0, 1, b"1234", FRAME_SIZE_ERROR),
    ("RST_STREAM on no stream", 0, 0, b"\0\0\0\x08", PROTOCOL_ERROR),
    ("RST_STREAM on an idle stream", 0, 99, b"\0\0\0\x08", PROTOCOL_ERROR),
    ("RST_STREAM of another length", 0, 1, b"\0\0\x08", FRAME_SIZE_ERROR),
    ("SETTINGS on a stream", 0, 1, b"", PROTOCOL_ERROR),
    ("SETTINGS of another length", 0, 0, b"12345", FRAME_SIZE_ERROR),
    ("SETTINGS acknowledged with a payload", 1, 0, bytes(6), FRAME_SIZE_ERROR),
    ("SETTINGS with a window that is too large", 0, 0, b"\0\x04\x80\0\0\0", FLOW_CONTROL_ERROR),
    ("SETTINGS with frames that are too small", 0, 0, b"\0\x05\0\0\0\x01", PROTOCOL_ERROR),
    ("SETTINGS with a push that is neither", 0, 0, b"\0\x02\0\0\0\x02", PROTOCOL_ERROR),
    ("SETTINGS with 33 entries", 0, 0, b"\0\x03\0\0\0\x64" * 33, ENHANCE_YOUR_CALM),
    ("PUSH_PROMISE", 4, 1, b"\0\0\0\x02\x83", PROTOCOL_ERROR),
    ("PING on a stream", 0, 1, bytes(8), PROTOCOL_ERROR),
    ("PING of another length", 0, 0, bytes(7), FRAME_SIZE_ERROR),
    ("GOAWAY on a stream", 0, 1, bytes(8), PROTOCOL_ERROR),
    ("GOAWAY of another length", 0, 0, bytes(7), FRAME_SIZE_ERROR),
    ("WINDOW_UPDATE of another length", 0, 0, b"\0\0\x01", FRAME_SIZE_ERROR),
    ("WINDOW_UPDATE of nothing", 0, 0, bytes(4), PROTOCOL_ERROR),
    # An error of the stream that nghttp2 takes for one of the connection, as RFC 9113, 5.4.1, allows.
    ("WINDOW_UPDATE of nothing for a stream", 0, 1, bytes(4), PROTOCOL_ERROR),
    ("WINDOW_UPDATE of too much", 0, 0, b"\x7f\xff\xff\xff", FLOW_CONTROL_ERROR),
    ("WINDOW_UPDATE on an idle stream", 0, 99, b"\0\0\0\x01", PROTOCOL_ERROR),
    ("CONTINUATION of nothing", 4, 1, b"\x83", PROTOCOL_ERROR),
    ("CONTINUATION on no stream", 4, 0, b"\x83", PROTOCOL_ERROR),
    ("DATA over the size of a frame", 0, 1, bytes(16_385), FRAME_SIZE_ERROR),
], ids=lambda value: value if isinstance(value, str) else "")
def test_a_frame_that_breaks_http2_ends_the_connection(connection, kind, flags, stream_id, payload, code):
    kinds = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
             "CONTINUATION"]
    open_stream = connection.open()
    assert open_stream.id == 1
    connection.raw_frame(kinds.index(kind.split()[0]), flags, stream_id, payload)
    connection.wait_closed()
    assert connection.goaway and connection.goaway.error_code == code, connection.goaway


def test_a_header_block_is_not_to_be_interrupted(connection):
    connection.raw_frame(1, 0, 1, connection.encode(request_headers()))
    connection.raw_frame(6, 0, 0, bytes(8))
    connection.wait_closed()
    assert connection.goaway.error_code == PROTOCOL_ERROR


def test_a_stream_number_that_is_past_opens_no_call(connection):
    connection.next_id = 9
    connection.check()
    for number in (7, 9):
        # nghttp2 passes over the block, since it may belong to trailers that crossed a RST_STREAM, but its fields
        # enter the table of HPACK; an answer would fail in `RawConnection.received` or as a second end.
        connection.raw_frame(1, 4, number, connection.encode(request_headers()))
        connection.raw_frame(0, 1, number, message())
    connection.quiet()
    connection.check()


@pytest.mark.parametrize("preface", [
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", bytes(24),
    PREFACE[:-1] + b"x", b"PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n"])
def test_another_protocol_is_shown_the_door(host, preface):
    with RawConnection(host, preface=preface) as connection:
        connection.wait_closed()


def test_the_first_frame_is_settings(host):
    with RawConnection(host, preface=PREFACE + bytes([0, 0, 8, 6, 0, 0, 0, 0, 0]) + bytes(8)) as connection:
        connection.wait_closed()
        assert connection.goaway.error_code == PROTOCOL_ERROR


def test_frames_of_unknown_types_and_flags_are_passed_over(connection):
    stream = connection.open()
    for kind in (0x0b, 0x10, 0x77, 0xff):
        connection.raw_frame(kind, 0xff, 0, bytes(100))
        connection.raw_frame(kind, 0xff, stream.id, bytes(100))
    connection.raw_frame(6, 0xfe, 0, bytes(8))
    connection.raw_frame(4, 0, 0, b"\xff\xff\0\0\0\x01")
    connection.data(stream, message(), end=True)
    assert connection.finish(stream).status == OK
    connection.check()


def test_a_connection_may_just_go(host):
    for step in range(4):
        connection = RawConnection(host)
        stream = connection.open(reflect(host))
        if step > 0:
            connection.data(stream, FILES[:-step])
        if step > 1:
            connection.reset(stream, CANCEL)
        if step > 2:
            connection.raw_frame(7, 0, 0, bytes(8))
        connection.socket.close()
