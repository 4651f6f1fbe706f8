"""Messages there and back: Python's protobuf against Wire, on messages and on bytes that Hypothesis makes.

`WireEcho` decodes what it gets with Wire and encodes it again. What Python accepts, Wire must accept, with the same
content; what is broken, both must refuse. Where Wire is stricter or more lenient than Python on purpose is written
down in `walk` below, which knows what a well-formed encoding of a message type is.
"""

import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import unicodedata

import grpc_tools
import pytest
from google.protobuf import descriptor
from google.protobuf.message import DecodeError
from grpc_tools import protoc
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conftest import BIN, ROOT

FIELD = descriptor.FieldDescriptor
MALFORMED, INVALID_UTF8, TOO_LARGE, KEYS_ALIKE = 1, 2, 3, 5
SETTINGS = dict(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


class Echo:
    def __init__(self):
        self.process = subprocess.Popen([BIN / "WireEcho"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, name, message):
        """The message encoded again, or the number of what is wrong with it."""
        body = bytes([len(name)]) + name.encode() + message
        self.process.stdin.write(struct.pack(">I", len(body)) + body)
        self.process.stdin.flush()
        header = self.process.stdout.read(4)
        assert len(header) == 4, f"WireEcho died of {name} {message.hex()}"
        reply = self.process.stdout.read(struct.unpack(">I", header)[0])
        return reply[1:] if reply[0] == 0 else reply[0]


@pytest.fixture(scope="session")
def echo():
    echo = Echo()
    yield echo
    echo.process.stdin.close()
    assert echo.process.wait(10) == 0


def load():
    """The Python classes of the test protos."""
    folder = tempfile.mkdtemp(prefix="wiretest-")
    protos = ROOT / "Tests" / "WireTests" / "Protos"
    include = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    assert protoc.main(["protoc", f"-I{protos}", f"-I{include}", f"--python_out={folder}", "everything.proto"]) == 0
    sys.path.insert(0, folder)
    import everything_pb2
    return everything_pb2


MESSAGES = load()
NAMES = ["Scalars", "Optionals", "Repeateds", "Maps", "Choice", "Standards", "AwkwardNames", "Everything"]

# --- messages -------------------------------------------------------------------------------------------------

TEXT = st.text(max_size=40) | st.sampled_from(
    ["\0", "a\0b", "驿站", "😀", "\U0010ffff", "e\u0301", "\u00e9", "x" * 300])
SCALARS = {
    FIELD.TYPE_DOUBLE: st.floats(),
    FIELD.TYPE_FLOAT: st.floats(width=32),
    FIELD.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FIELD.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FIELD.TYPE_UINT32: st.integers(0, 2**32 - 1),
    FIELD.TYPE_UINT64: st.integers(0, 2**64 - 1),
    FIELD.TYPE_BOOL: st.booleans(),
    FIELD.TYPE_STRING: TEXT,
    FIELD.TYPE_BYTES: st.binary(max_size=60),
    FIELD.TYPE_ENUM: st.integers(-(2**31), 2**31 - 1) | st.integers(-5, 3),
}
for same, of in [("SINT32", "INT32"), ("SFIXED32", "INT32"), ("FIXED32", "UINT32"),
                 ("SINT64", "INT64"), ("SFIXED64", "INT64"), ("FIXED64", "UINT64")]:
    SCALARS[getattr(FIELD, f"TYPE_{same}")] = SCALARS[getattr(FIELD, f"TYPE_{of}")]


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


@st.composite
def filled(draw, message):
    """Fills an empty message: each field of it with a chance of one in three."""
    for field in message.DESCRIPTOR.fields:
        if draw(st.integers(0, 2)) > 0:
            continue
        if is_map(field):
            key, value = field.message_type.fields
            target = getattr(message, field.name)
            for name in draw(st.lists(SCALARS[key.type], max_size=5)):
                if value.message_type is not None:
                    draw(filled(target[name]))
                else:
                    target[name] = draw(SCALARS[value.type])
        elif field.is_repeated:
            target = getattr(message, field.name)
            for _ in range(draw(st.integers(0, 4))):
                if field.message_type is not None:
                    draw(filled(target.add()))
                else:
                    target.append(draw(SCALARS[field.type]))
        elif field.message_type is not None:
            getattr(message, field.name).SetInParent()
            draw(filled(getattr(message, field.name)))
        else:
            setattr(message, field.name, draw(SCALARS[field.type]))
    return message


def messages(name):
    return st.builds(getattr(MESSAGES, name)).flatmap(filled)


def plain(message):
    return message.SerializeToString(deterministic=True)


def keys_alike(message):
    """Whether a map has two keys that are canonically equivalent: Swift's dictionaries cannot hold both."""
    for field, value in message.ListFields():
        if is_map(field):
            keys = [unicodedata.normalize("NFC", key) for key in value if isinstance(key, str)]
            if len(keys) > len(set(keys)):
                return True
            children = value.values() if field.message_type.fields_by_name["value"].message_type else []
        elif field.message_type is not None:
            children = value if field.is_repeated else [value]
        else:
            continue
        if any(keys_alike(child) for child in children):
            return True
    return False


def same(name, reply, expected):
    """Whether Wire's reply has the content of a message, unknown fields left out. By bytes, because of NaN."""
    expected.DiscardUnknownFields()
    got = getattr(MESSAGES, name).FromString(reply)
    assert plain(got) == plain(expected)


@pytest.mark.parametrize("name", NAMES)
def test_message_survives(echo, name):
    @settings(max_examples=200 if name != "Everything" else 100, **SETTINGS)
    @given(messages(name))
    def run(message):
        reply = echo(f"wiretest.{name}", plain(message))
        if keys_alike(message):
            assert reply == KEYS_ALIKE
            return
        assert isinstance(reply, bytes), reply
        same(name, reply, message)
        # Implementations order a map's entries differently, and a field of Repeateds is declared not to be packed.
        if name not in ("Maps", "Repeateds", "Everything"):
            assert reply == plain(message)

    run()


def test_minus_zero_survives(echo):
    reply = echo("wiretest.Scalars", plain(MESSAGES.Scalars(double=-0.0, float=-0.0)))
    scalars = MESSAGES.Scalars.FromString(reply)
    assert math.copysign(1, scalars.double) == -1 and math.copysign(1, scalars.float) == -1


def test_keys_that_swift_cannot_tell_apart_are_refused(echo):
    maps = MESSAGES.Maps()
    maps.string["e\u0301"].text = "two characters"
    assert isinstance(echo("wiretest.Maps", plain(maps)), bytes)
    maps.string["\u00e9"].text = "one character"
    assert echo("wiretest.Maps", plain(maps)) == KEYS_ALIKE


def test_big_map_and_list_survive(echo):
    maps = MESSAGES.Maps()
    for index in range(20000):
        maps.string[f"键{index}"].text = str(index)
        maps.int64[-index] = index / 3
    same("Maps", echo("wiretest.Maps", plain(maps)), maps)
    repeateds = MESSAGES.Repeateds(int64=range(-50000, 50000), string=["词"] * 5000)
    assert echo("wiretest.Repeateds", plain(repeateds)) == plain(repeateds)


# --- bytes ----------------------------------------------------------------------------------------------------

VARINTS = {FIELD.TYPE_INT32, FIELD.TYPE_INT64, FIELD.TYPE_UINT32, FIELD.TYPE_UINT64, FIELD.TYPE_SINT32,
           FIELD.TYPE_SINT64, FIELD.TYPE_BOOL, FIELD.TYPE_ENUM}
WIRE_TYPES = {FIELD.TYPE_DOUBLE: 1, FIELD.TYPE_FIXED64: 1, FIELD.TYPE_SFIXED64: 1,
              FIELD.TYPE_FLOAT: 5, FIELD.TYPE_FIXED32: 5, FIELD.TYPE_SFIXED32: 5}
REGULAR, ODD, BROKEN = range(3)


def varint(data, at):
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError


def walk(data, type_, texts=None, slots=None):
    """What bytes are as an encoding of a message type.

    BROKEN: truncated or without end; both must refuse it. REGULAR: both must agree on it. ODD: implementations differ.
    Those are: a known field with another wire type (Python keeps it as unknown, Wire refuses it), groups (Wire refuses
    them), unknown fields in a map's entry (Python keeps the whole entry as unknown), and tags or lengths in more bytes
    than needed or with numbers that protobuf does not have. `texts` gets the contents of all string fields, `slots` the
    name of each singular field or oneof as often as it is set.
    """
    at, odd = 0, False
    while at < len(data):
        start = at
        try:
            tag, at = varint(data, at)
            number, wire = tag >> 3, tag & 7
            if number == 0 and at == start + 1:
                return BROKEN
            if number == 0 or number >= 2**29 or len(data[start:at]) > 5 or (at - start > 1 and data[at - 1] == 0):
                odd = True
            if wire == 0:
                _, at = varint(data, at)
                content = b""
            elif wire == 2:
                length_at = at
                length, at = varint(data, at)
                if at - length_at > 5 or (at - length_at > 1 and data[at - 1] == 0):
                    odd = True
                content, at = data[at : at + length], at + length
            elif wire in (1, 5):
                content, at = b"", at + (8 if wire == 1 else 4)
            else:
                return ODD
        except ValueError:
            return ODD if odd else BROKEN
        if at > len(data):
            return ODD if odd else BROKEN
        field = type_.fields_by_number.get(number)
        if field is None:
            odd |= type_.GetOptions().map_entry
            continue
        if slots is not None and not field.is_repeated:
            slots.append((field.containing_oneof or field).full_name)
        if field.type in (FIELD.TYPE_STRING, FIELD.TYPE_BYTES):
            odd |= wire != 2
            if texts is not None and field.type == FIELD.TYPE_STRING:
                texts.append(content)
        elif field.message_type is not None:
            if wire != 2:
                odd = True
                continue
            inner = walk(content, field.message_type, texts, slots)
            if inner == BROKEN and not odd:
                return BROKEN
            odd |= inner != REGULAR
        elif wire == 2 and field.is_repeated:
            width = {1: 8, 5: 4}.get(WIRE_TYPES.get(field.type, 0))
            if width:
                if len(content) % width:
                    return ODD if odd else BROKEN
                continue
            inside = 0
            try:
                while inside < len(content):
                    _, inside = varint(content, inside)
            except ValueError:
                return ODD if odd else BROKEN
        else:
            odd |= wire != WIRE_TYPES.get(field.type, 0)
    return ODD if odd else REGULAR


def all_utf8(texts):
    try:
        return all(text.decode() is not None for text in texts)
    except UnicodeDecodeError:
        return False


def compare(echo, name, data):
    """Asserts that Python and Wire agree on bytes, as far as implementations do."""
    reply = echo(f"wiretest.{name}", data)
    texts, slots = [], []
    shape = walk(data, getattr(MESSAGES, name).DESCRIPTOR, texts, slots)
    if shape == ODD:
        return
    try:
        parsed = getattr(MESSAGES, name).FromString(data)
    except DecodeError:
        parsed = None
    if shape == BROKEN:
        assert parsed is None, "the walk is wrong"
        assert reply in (MALFORMED, INVALID_UTF8), reply
    elif parsed is None:
        # Wire does not look at a text that a later one overrides.
        overridden = not all_utf8(texts) and len(slots) > len(set(slots))
        assert reply == INVALID_UTF8 or overridden, reply
    elif keys_alike(parsed):
        assert reply == KEYS_ALIKE
    else:
        assert isinstance(reply, bytes), f"Wire answers {reply}, Python reads {parsed}"
        same(name, reply, parsed)


@st.composite
def damaged(draw, name):
    """The bytes of a message after one to four accidents."""
    data = bytearray(plain(draw(messages(name))))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        accident = draw(st.sampled_from(["cut", "flip", "insert", "delete", "repeat"]))
        if accident == "cut":
            del data[at:]
        elif accident == "flip" and at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif accident == "insert":
            data[at:at] = draw(st.binary(min_size=1, max_size=4))
        elif accident == "delete":
            del data[at : at + draw(st.integers(1, 3))]
        elif accident == "repeat":
            data[at:at] = data[at : at + draw(st.integers(1, 30))]
    return bytes(data)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_bytes_are_judged_alike(echo, name):
    @settings(max_examples=200, **SETTINGS)
    @given(damaged(name))
    def run(data):
        compare(echo, name, data)

    run()


@pytest.mark.parametrize("name", NAMES)
def test_random_bytes_are_judged_alike(echo, name):
    @settings(max_examples=200, **SETTINGS)
    @given(st.binary(max_size=200))
    @example(b"")
    @example(b"\0")
    @example(b"\x08")
    @example(b"\xff" * 20)
    def run(data):
        compare(echo, name, data)

    run()


@pytest.mark.parametrize("name", ["Choice", "Optionals", "Repeateds", "Standards", "Maps", "Everything"])
def test_joined_encodings_merge(echo, name):
    """Protobuf: to join two encodings is to merge the messages, submessages and oneofs included."""

    @settings(max_examples=200, **SETTINGS)
    @given(messages(name), messages(name), st.booleans())
    def run(first, second, thrice):
        data = plain(first) + plain(second) + (plain(first) if thrice else b"")
        reply = echo(f"wiretest.{name}", data)
        expected = getattr(MESSAGES, name).FromString(data)
        if keys_alike(expected):
            assert reply == KEYS_ALIKE
            return
        assert isinstance(reply, bytes), reply
        same(name, reply, expected)

    run()


@pytest.mark.parametrize("bad", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe9\xa9", b"a\xffb"])
def test_invalid_utf8_is_refused_everywhere(echo, bad):
    def field(number, content):
        return bytes([number << 3 | 2, len(content)]) + content

    places = {
        "Scalars": field(14, bad),
        "Optionals": field(14, bad),
        "Repeateds": field(14, b"ok") + field(14, bad),
        "Maps": field(12, field(1, bad)),
        "Choice": field(2, bad),
        "Everything": field(5, field(9, field(1, bad))),
    }
    for name, data in places.items():
        with pytest.raises(DecodeError):
            getattr(MESSAGES, name).FromString(data)
        assert echo(f"wiretest.{name}", data) == INVALID_UTF8, name
    values = field(6, field(1, b"\x01") + field(2, bad))
    assert echo("wiretest.Maps", values) in (INVALID_UTF8, MALFORMED)
    assert isinstance(echo("wiretest.Scalars", field(15, bad)), bytes), "bytes fields take anything"


def test_unknown_fields_are_left_out(echo):
    data = plain(MESSAGES.Scalars(int32=7)) + b"\xa2\x06\x03abc" + b"\xa8\x06\x05"
    assert echo("wiretest.Scalars", data) == plain(MESSAGES.Scalars(int32=7))


def test_empty_submessages_do_not_take_all_memory(echo):
    data = b"\x8a\x01\x00" * 1_000_000  # Repeateds.optionals, a million times, three bytes each
    assert echo("wiretest.Repeateds", data) == TOO_LARGE
    assert echo("wiretest.Repeateds", b"\x8a\x01\x00" * 200) == b"\x8a\x01\x00" * 200


def test_many_occurrences_of_one_submessage_end_soon(echo):
    data = b"\x1a\x02\x18\x01" * 100_000  # Everything.repeateds with one number each
    reply = echo("wiretest.Everything", data)
    if isinstance(reply, bytes):
        same("Everything", reply, MESSAGES.Everything.FromString(data))
    else:
        assert reply == TOO_LARGE
