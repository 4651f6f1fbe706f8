"""What a request's headers may say and what they get, over a socket and without a gRPC library.

Sources: gRPC over HTTP/2 (PROTOCOL-HTTP2.md), gRPC's "Status codes and their use", RFC 9113, RFC 7541."""

import pytest

from raw_connection import (
    CHECK, COMPRESSION_ERROR, DEADLINE_EXCEEDED, INTERNAL, NO_ERROR, OK, PROTOCOL_ERROR, RESOURCE_EXHAUSTED, SERVING,
    UNIMPLEMENTED, RawConnection, message, request_headers)


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


def refused(connection, headers, status):
    """A call that ends for its headers alone: one block, then RST NO_ERROR since its body was not waited for."""
    stream = connection.open(headers)
    connection.wait(lambda: stream.reset is not None)
    assert stream.status == status and stream.is_trailers_only and stream.ended, stream
    assert stream.headers[":status"] == "200" and stream.headers["content-type"] == "application/grpc"
    assert stream.reset == NO_ERROR
    connection.check()
    return stream


def malformed(connection, headers):
    """A request that is not HTTP/2: its stream alone is reset (RFC 9113, section 8.1.1)."""
    stream = connection.open(headers)
    connection.finish(stream)
    assert stream.reset == PROTOCOL_ERROR and not stream.blocks, stream
    connection.check()


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS", "post", "DELETE"])
def test_a_method_other_than_post_is_405(connection, method):
    stream = connection.finish(connection.open(request_headers({":method": method}), end=True))
    assert stream.headers[":status"] == "405" and stream.headers["allow"] == "POST" and stream.ended
    assert stream.status is None
    connection.check()


@pytest.mark.parametrize("content_type", [
    None, "", "text/plain", "application/json", "application/grpcx", "application/grpc-web", "application/grp",
    "application/grpc-web+proto", "grpc"])
def test_another_content_type_is_415(connection, content_type):
    stream = connection.open(request_headers({"content-type": content_type}))
    connection.wait(lambda: stream.reset is not None)
    assert stream.headers[":status"] == "415" and stream.ended and stream.reset == NO_ERROR
    connection.check()


@pytest.mark.parametrize("content_type", [
    "application/grpc", "application/grpc+proto", "application/grpc; charset=utf-8", "application/grpc+proto;v=1",
    "Application/GRPC"])
def test_a_content_type_of_grpc_is_taken(connection, content_type):
    stream = connection.call(request_headers({"content-type": content_type}))
    assert stream.status == OK and stream.data == SERVING


@pytest.mark.parametrize("content_type", ["application/grpc+json", "application/grpc+unknown"])
def test_another_message_format_is_unimplemented(connection, content_type):
    refused(connection, request_headers({"content-type": content_type}), UNIMPLEMENTED)


def test_te_is_asked_for(connection):
    stream = refused(connection, request_headers({"te": None}), INTERNAL)
    assert "te: trailers" in stream.headers["grpc-message"]


@pytest.mark.parametrize("te", ["gzip", "trailers, deflate", ""])
def test_te_may_say_trailers_only(connection, te):
    # RFC 9113, section 8.2.2: any other value makes the request malformed.
    malformed(connection, request_headers({"te": te}))


@pytest.mark.parametrize("timeout", [
    "999999999S", "100", "S", "", "+1S", "-1S", "1 S", "1s", "1h", "1.5S", "0x1S", "\uff11S", "1SS"])
def test_a_timeout_that_is_none_is_refused(connection, timeout):
    refused(connection, request_headers({"grpc-timeout": timeout}), INTERNAL)


def test_no_time_at_all_is_over_at_once(connection):
    for unit in "HMSmun":
        refused(connection, request_headers({"grpc-timeout": f"0{unit}"}), DEADLINE_EXCEEDED)
    refused(connection, request_headers({"grpc-timeout": "00000000n"}), DEADLINE_EXCEEDED)


@pytest.mark.parametrize("timeout", [None, "99999999H", "99999999M", "99999999S", "99999999m", "99999999u"])
def test_the_longest_timeouts_hold(connection, timeout):
    headers = request_headers({"grpc-timeout": timeout})
    assert connection.call(headers).status == OK
    # Open long enough to be put among the deadlines.
    stream = connection.open(headers)
    connection.quiet(0.05)
    connection.data(stream, message(), end=True)
    assert connection.finish(stream).status == OK


def test_a_deadline_ends_a_call_whose_message_does_not_come(connection):
    stream = connection.open(request_headers({"grpc-timeout": "50m"}))
    connection.wait(lambda: stream.reset is not None)
    assert stream.status == DEADLINE_EXCEEDED and stream.is_trailers_only and stream.reset == NO_ERROR
    connection.check()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "snappy", "x-unknown", "", "identity,gzip"])
def test_an_unknown_encoding_is_unimplemented(connection, encoding):
    stream = refused(connection, request_headers({"grpc-encoding": encoding}), UNIMPLEMENTED)
    assert stream.headers["grpc-accept-encoding"] == "identity"


def test_identity_is_an_encoding(connection):
    stream = connection.call(request_headers({"grpc-encoding": "identity", "grpc-accept-encoding": "gzip"}))
    assert stream.status == OK
    assert "grpc-encoding" not in stream.headers or stream.headers["grpc-encoding"] == "identity"
    assert stream.data == SERVING


@pytest.mark.parametrize("path", [
    "/", "//", "//svc/m", "/svc", "/svc/m", CHECK + "/", CHECK + "x", CHECK[:-1], CHECK.lower(), CHECK + "?a=b",
    "/grpc.health.v1.Health", "/grpc.health.v1.Health/", "/" + "x" * 4_000, "/\u9a7f\u7ad9/m", "/a/../b", "/%00"])
def test_an_unknown_path_is_unimplemented(connection, path):
    stream = refused(connection, request_headers(path=path), UNIMPLEMENTED)
    assert "grpc-message" in stream.headers


@pytest.mark.parametrize("path", ["", CHECK[1:], "*"])
def test_a_path_that_http_does_not_allow_is_malformed(connection, path):
    # RFC 9113, section 8.3.1: for http, :path is not empty and begins with "/".
    malformed(connection, request_headers(path=path))


@pytest.mark.parametrize("headers", [
    request_headers()[:1] + request_headers(),
    request_headers() + [(":path", CHECK)],
    [(":path", CHECK)] + request_headers(),
    [("te", "trailers")] + request_headers(),
    request_headers({":status": "200"}),
    request_headers({":unknown": "1"}),
    request_headers({":": "1"}),
    request_headers({":path": None}),
    request_headers({":method": None}),
    request_headers({":scheme": None}),
    request_headers({":method": ""}),
    request_headers({":scheme": ""}),
    request_headers({":method": "P OST"}),
    request_headers({":authority": "a b"}),
    [(":path", CHECK), (":Method", "POST"), (":scheme", "http")],
], ids=lambda headers: " ".join(name for name, _ in headers)[:60])
def test_wrong_pseudo_headers_are_malformed(connection, headers):
    malformed(connection, headers)


@pytest.mark.parametrize("field", [
    ("Upper", "1"), ("X-Request-ID", "1"), ("TE", "trailers"), ("Content-Type", "application/grpc"),
    ("connection", "close"), ("connection", "keep-alive"), ("keep-alive", "timeout=5"), ("proxy-connection", "close"),
    ("transfer-encoding", "chunked"), ("upgrade", "h2c"), ("content-length", "x"), ("content-length", "-1")])
def test_fields_that_http2_forbids_are_malformed(connection, field):
    malformed(connection, request_headers() + [field])


@pytest.mark.parametrize("name, value", [
    ("", "1"), ("a b", "1"), ("a\x00b", "1"), (b"x\x80", "1"), ("x", "a\x00b"), ("x", "a\r\nb"), ("x", " a"),
    ("grpc-timeout", " 1S"), ("grpc-timeout", "1S "), ("grpc-timeout", "\t1S")])
def test_a_field_that_cannot_be_one_makes_the_request_malformed(connection, name, value):
    # RFC 9113, section 8.2.1.
    malformed(connection, request_headers() + [(name, value)])


def test_a_body_of_another_length_than_announced_is_malformed(connection):
    stream = connection.call(request_headers({"content-length": "7"}))
    assert stream.reset == PROTOCOL_ERROR
    assert connection.call(request_headers({"content-length": "5"})).status == OK


@pytest.mark.parametrize("value", [
    "!", "A", "AAAAA", "AA=", "AAA==", "AAAA=", "====", "AA=A", "A A=", "AAAA,!", "A-__", "\u9a7f"])
def test_metadata_that_is_not_base64_is_refused(connection, value):
    stream = refused(connection, request_headers({"x-data-bin": value}), INTERNAL)
    assert "x-data-bin" in stream.headers["grpc-message"]


@pytest.mark.parametrize("value", ["", "AA", "AA==", "AAA", "AAA=", "AAAA", "AA,AAA=,", "AA, AA"])
def test_metadata_in_base64_is_taken_padded_or_not(connection, value):
    assert connection.call(request_headers() + [("x-data-bin", value)] * 2).status == OK


@pytest.mark.parametrize("field", [
    ("x-empty", ""), ("x-text", b"caf\xc3\xa9"), ("x-text", b"\xff\xfe"), ("grpc-unknown", "1"), ("grpc-x-bin", "!"),
    ("grpc-status", "1"), ("user-agent", "raw"), ("cookie", "a=b; c=d")])
def test_metadata_that_is_odd_is_no_error(connection, field):
    assert connection.call(request_headers() + [field] * 2).status == OK


def metadata_of(size_bytes):
    """Headers of exactly that size: name, value and 32 for each field (RFC 9113, section 6.5.2)."""
    headers = request_headers()
    rest = size_bytes - sum(len(name) + len(value) + 32 for name, value in headers)
    return headers + [("x", "v" * (rest - 33))]


def test_metadata_of_exactly_the_limit_passes_and_one_more_byte_does_not(connection):
    assert connection.call(metadata_of(8_192)).status == OK
    for size_bytes in (8_193, 16_000):
        stream = refused(connection, metadata_of(size_bytes), RESOURCE_EXHAUSTED)
        assert "8192" in stream.headers["grpc-message"]
    many = request_headers() + [(f"x-{index}", "") for index in range(300)]
    refused(connection, many, RESOURCE_EXHAUSTED)


def test_a_header_block_may_come_in_pieces(connection):
    block = connection.encode(request_headers())
    for pieces in ([block[:1], block[1:]], [b"", block], [block[:9], b"", block[9:]], [block, b"", b"", b""]):
        stream = connection.new_stream()
        for index, piece in enumerate(pieces):
            connection.raw_frame(9 if index else 1, 4 if index == len(pieces) - 1 else 0, stream.id, piece)
        connection.data(stream, message(), end=True)
        assert connection.finish(stream).status == OK


def test_an_end_of_stream_in_trailers_is_an_end(connection):
    stream = connection.open()
    connection.data(stream, message())
    connection.raw_frame(1, 5, stream.id, connection.encode([("x-trailer", "1")]))
    assert connection.finish(stream).status == OK


@pytest.mark.parametrize("flags, trailers", [(4, [("x", "1")]), (5, [(":path", "/")]), (5, [("Upper", "1")])])
def test_wrong_trailers_are_malformed(connection, flags, trailers):
    stream = connection.open()
    connection.raw_frame(1, flags, stream.id, connection.encode(trailers))
    assert connection.finish(stream).reset == PROTOCOL_ERROR
    connection.check()


def test_a_header_block_that_cannot_be_decoded_ends_the_connection(connection):
    # RFC 9113, section 4.3. The index is beyond both tables of RFC 7541.
    connection.raw_frame(1, 5, 1, b"\xff\xff\xff\xff\x07")
    connection.wait_closed()
    assert connection.goaway.error_code == COMPRESSION_ERROR
