"""An HTTP/2 client that sends whatever it is told, frame by frame, and writes down what comes back.

Stock clients refuse to send what a server has to survive, so frames are made with hyperframe and hpack and nothing
is checked on the way out."""

import socket
import struct
import time

from hpack import Decoder, Encoder
from hpack.struct import NeverIndexedHeaderTuple
from hyperframe.frame import (
    ContinuationFrame, DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, RstStreamFrame, SettingsFrame,
    WindowUpdateFrame)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DEFAULT_WINDOW_BYTES = 65_535
# Long enough for a busy machine; nothing waits for it unless the test fails.
PATIENCE_SECONDS = 20

CHECK = "/grpc.health.v1.Health/Check"
REFLECT = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
# HealthCheckResponse{status: SERVING} as a message on the wire.
SERVING = b"\0\0\0\0\2\x08\x01"

OK, DEADLINE_EXCEEDED, NOT_FOUND, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL = "0", "4", "5", "8", "12", "13"
NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, CANCEL, COMPRESSION_ERROR = 0, 1, 3, 6, 8, 9


def message(payload=b"", flag=0, length=None):
    """A message with its prefix; flag and length may lie."""
    return struct.pack(">BI", flag, len(payload) if length is None else length) + payload


def request_headers(changes=None, path=CHECK):
    """The headers of a good call, in order. A change replaces or adds a field; None leaves it out."""
    fields = {
        ":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost", "te": "trailers",
        "content-type": "application/grpc"} | (changes or {})
    return [(name, value) for name, value in fields.items() if value is not None]


class Stream:
    """What has come back on one stream."""

    def __init__(self, identifier):
        self.id = identifier
        self.blocks = []
        self.data = b""
        self.ended = False
        self.reset = None
        self.send_window = None

    @property
    def is_over(self):
        return self.ended or self.reset is not None

    @property
    def headers(self):
        return dict(self.blocks[0]) if self.blocks else {}

    @property
    def status(self):
        """grpc-status out of the last block, or None."""
        return dict(self.blocks[-1]).get("grpc-status") if self.blocks else None

    @property
    def is_trailers_only(self):
        return len(self.blocks) == 1 and not self.data and "grpc-status" in self.headers

    def __repr__(self):
        return f"<stream {self.id}: {self.blocks}, {len(self.data)} bytes, ended {self.ended}, reset {self.reset}>"


class RawConnection:
    """One connection. `settings` go out with the preface; with `credits` off no window is given back, and with
    `answers` off neither SETTINGS nor PING are acknowledged."""

    def __init__(self, host, settings=None, credits=True, answers=True, preface=PREFACE):
        self.socket = socket.create_connection(("127.0.0.1", host.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.encoder, self.decoder = Encoder(), Decoder()
        self.credits, self.answers = credits, answers
        self.streams, self.next_id, self.buffer = {}, 1, b""
        self.goaway, self.is_closed, self.pongs = None, False, 0
        self.send_window, self.initial_window = DEFAULT_WINDOW_BYTES, DEFAULT_WINDOW_BYTES
        self.settings_acknowledged = 0
        self.block = None
        self.write(preface + SettingsFrame(0, settings or {}).serialize())
        if answers and preface == PREFACE:
            self.wait(lambda: self.settings_acknowledged)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # Out

    def write(self, data):
        """Sends bytes as they are; a connection that the server has closed is noted."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self.is_closed = True

    def send(self, *frames):
        self.write(b"".join(frame.serialize() for frame in frames))

    def raw_frame(self, kind, flags=0, stream_id=0, payload=b""):
        """A frame of any type, flags and length."""
        self.write(struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream_id) + payload)

    def encode(self, headers):
        return self.encoder.encode([NeverIndexedHeaderTuple(name, value) for name, value in headers], huffman=False)

    def new_stream(self):
        stream = Stream(self.next_id)
        stream.send_window = self.initial_window
        self.streams[stream.id] = stream
        self.next_id += 2
        return stream

    def open(self, headers=None, end=False):
        stream = self.new_stream()
        flags = ["END_HEADERS", "END_STREAM"] if end else ["END_HEADERS"]
        self.send(HeadersFrame(stream.id, self.encode(headers or request_headers()), flags=flags))
        return stream

    def data(self, stream, data, end=False):
        """One DATA frame, whatever the windows say."""
        self.send_window -= len(data)
        stream.send_window -= len(data)
        self.send(DataFrame(stream.id, data, flags=["END_STREAM"] if end else []))

    def upload(self, stream, data, end=True):
        """DATA frames within the server's windows; stops early if the stream is over."""
        offset = 0
        while offset < len(data):
            self.wait(lambda: stream.is_over or min(self.send_window, stream.send_window) > 0)
            if stream.is_over:
                return
            size = min(16_384, self.send_window, stream.send_window, len(data) - offset)
            self.data(stream, data[offset:offset + size], end and offset + size == len(data))
            offset += size

    def reset(self, stream, code=CANCEL):
        self.send(RstStreamFrame(stream.id, error_code=code))

    def credit(self, stream, size_bytes):
        self.send(WindowUpdateFrame(stream.id if stream else 0, window_increment=size_bytes))

    def settings(self, values):
        """Sends SETTINGS and waits until the server has them."""
        count = self.settings_acknowledged
        self.send(SettingsFrame(0, values))
        self.wait(lambda: self.settings_acknowledged > count)

    def call(self, headers=None, body=message()):
        """A whole call, waited for."""
        stream = self.open(headers)
        self.data(stream, body, end=True)
        return self.finish(stream)

    def check(self):
        """That a good call on this connection works."""
        stream = self.call()
        assert stream.data == SERVING and stream.status == OK and stream.ended, f"{stream}, goaway {self.goaway}"

    # In

    def finish(self, stream):
        self.wait(lambda: stream.is_over)
        return stream

    def wait(self, condition, timeout_seconds=PATIENCE_SECONDS):
        """Reads until the condition holds; fails if it does not in time or the connection ends first."""
        assert self.poll(condition, timeout_seconds), (
            f"nothing more came: closed {self.is_closed}, goaway {self.goaway}, {list(self.streams.values())}")

    def wait_closed(self):
        self.poll(lambda: False, PATIENCE_SECONDS)
        assert self.is_closed, "the server kept the connection"

    def poll(self, condition, timeout_seconds):
        """Reads until the condition holds; false if it does not in time or the connection ends first."""
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            rest = deadline - time.monotonic()
            if rest <= 0 or not self.read(rest):
                return bool(condition())
        return True

    def quiet(self, seconds=0.3):
        """Reads for that long, whatever comes."""
        self.poll(lambda: False, seconds)

    def read(self, timeout_seconds):
        if self.is_closed and not self.buffer:
            return False
        self.socket.settimeout(timeout_seconds)
        try:
            piece = self.socket.recv(1 << 18)
        except TimeoutError:
            return False
        except ConnectionResetError:
            piece = b""
        if not piece:
            self.is_closed = True
            return False
        self.socket.settimeout(PATIENCE_SECONDS)
        self.buffer += piece
        while len(self.buffer) >= 9:
            frame, length = Frame.parse_frame_header(memoryview(self.buffer)[:9])
            if len(self.buffer) < 9 + length:
                break
            frame.parse_body(memoryview(self.buffer)[9:9 + length])
            self.buffer = self.buffer[9 + length:]
            self.received(frame)
        return True

    def received(self, frame):
        stream = self.streams.get(frame.stream_id)
        if isinstance(frame, SettingsFrame):
            self.settings_received(frame)
        elif isinstance(frame, PingFrame):
            if "ACK" in frame.flags:
                self.pongs += 1
            elif self.answers:
                self.send(PingFrame(0, frame.opaque_data, flags=["ACK"]))
        elif isinstance(frame, WindowUpdateFrame):
            (stream or self).send_window += frame.window_increment
        elif isinstance(frame, GoAwayFrame):
            self.goaway = frame
        elif stream is None:
            raise AssertionError(f"a frame for a stream that was never opened: {frame}")
        elif isinstance(frame, (HeadersFrame, ContinuationFrame)):
            self.headers_received(stream, frame)
        elif isinstance(frame, DataFrame):
            assert stream.blocks and not stream.is_over, f"DATA out of place: {stream}"
            stream.data += bytes(frame.data)
            stream.ended |= "END_STREAM" in frame.flags
            if self.credits and frame.flow_controlled_length:
                self.credit(None, frame.flow_controlled_length)
                if not stream.ended:
                    self.credit(stream, frame.flow_controlled_length)
        elif isinstance(frame, RstStreamFrame):
            stream.reset = frame.error_code

    def settings_received(self, frame):
        if "ACK" in frame.flags:
            self.settings_acknowledged += 1
            return
        window = frame.settings.get(SettingsFrame.INITIAL_WINDOW_SIZE)
        if window is not None:
            for stream in self.streams.values():
                stream.send_window += window - self.initial_window
            self.initial_window = window
        if self.answers:
            self.send(SettingsFrame(0, flags=["ACK"]))

    def headers_received(self, stream, frame):
        assert not stream.is_over, f"HEADERS after the end: {stream}"
        self.block = (self.block or b"") + bytes(frame.data)
        stream.ended |= "END_STREAM" in frame.flags
        if "END_HEADERS" in frame.flags:
            stream.blocks.append([(str(name), str(value)) for name, value in self.decode()])
            self.block = None

    def decode(self):
        return [
            (name.decode() if isinstance(name, bytes) else name, value.decode() if isinstance(value, bytes) else value)
            for name, value in self.decoder.decode(self.block)]
