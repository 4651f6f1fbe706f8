"""Makes vectors.txt: what Python's protobuf says of messages of everything.proto.

Run from the repository's root, with grpcio-tools installed, after everything.proto has changed:

    python3 Tests/Fixtures/Dynamic/make_vectors.py

Each line of vectors.txt is a kind and its values, separated by tabs; bytes are in base64.

    schema      FileDescriptorSet with comments
    message     bytes, JSON: the same message both ways
    maps        bytes, JSON: the same, with several entries in each map
    json        JSON, bytes: an unusual spelling that is read as these bytes
    bytes       bytes, bytes: an unusual encoding, and how it is written again
    badjson     JSON that is refused
    badbytes    bytes that are refused
"""

import base64
import json
import math
import pathlib
import random
import struct
import sys
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message, message_factory
from grpc_tools import protoc
import grpc_tools

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SEED = 20260131
COUNT = 150


def descriptor_set() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "set.binpb"
        well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
        status = protoc.main([
            "protoc", f"-I{HERE}", f"-I{ROOT / 'Proto'}", f"-I{well_known}", "--include_imports",
            "--include_source_info", f"--descriptor_set_out={output}", "everything.proto",
        ])
        if status != 0:
            sys.exit("protoc failed")
        files = descriptor_pb2.FileDescriptorSet.FromString(output.read_bytes())
    for file in files.file:
        # The comments of protobuf's own files are long and no test reads them.
        if file.name.startswith("google/"):
            file.ClearField("source_code_info")
    return files.SerializeToString()


TEXTS = ["", "a", "驿站", "\0", "a\0b", "😀 four bytes", "line\nline\ttab \"quoted\" \\ back", "\u2028\u007f", "x" * 40]


class Maker:
    def __init__(self, seed: int, pool, types):
        self.random = random.Random(seed)
        self.types = types

    def text(self):
        return self.random.choice(TEXTS)

    def signed(self, bits):
        return self.random.choice([0, 1, -1, 2**(bits - 1) - 1, -2**(bits - 1), self.random.getrandbits(bits - 1)])

    def unsigned(self, bits):
        return self.random.choice([0, 1, 127, 128, 2**bits - 1, self.random.getrandbits(bits)])

    def double(self):
        return self.random.choice([
            0.0, -0.0, 1.0, 0.1, 1e20, 1.5e-7, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan,
            self.random.uniform(-1e6, 1e6), 123456789012345680.0])

    def float(self):
        return self.random.choice([
            0.0, -0.0, 1.5, 0.1, 3.4028234663852886e38, 1.1754943508222875e-38, math.inf, math.nan,
            struct.unpack("f", struct.pack("f", self.random.uniform(-1e6, 1e6)))[0]])

    def blob(self):
        return self.random.randbytes(self.random.choice([0, 1, 2, 3, 4, 20]))

    def light(self):
        return self.random.choice([0, 1, 2, -1, 99])

    def nested(self, depth=0):
        nested = self.types["Nested"](name=self.text(), count=self.signed(32))
        if depth < 3:
            for _ in range(self.random.choice([0, 0, 1, 2])):
                nested.children.append(self.nested(depth + 1))
        return nested

    def nanos(self):
        return self.random.choice([0, 500_000_000, 1_000, 1, 999_999_999])

    def seconds(self):
        return self.random.choice([
            0, -1, -62_135_596_800, 253_402_300_799, 951_782_400, 1_709_164_800,
            self.random.randint(-10**10, 10**11)])

    def scalar(self, field):
        kinds = {
            field.TYPE_DOUBLE: self.double, field.TYPE_FLOAT: self.float, field.TYPE_BOOL: lambda: self.random.random() < 0.5,
            field.TYPE_STRING: self.text, field.TYPE_BYTES: self.blob, field.TYPE_ENUM: self.light,
            field.TYPE_INT32: lambda: self.signed(32), field.TYPE_SINT32: lambda: self.signed(32),
            field.TYPE_SFIXED32: lambda: self.signed(32), field.TYPE_INT64: lambda: self.signed(64),
            field.TYPE_SINT64: lambda: self.signed(64), field.TYPE_SFIXED64: lambda: self.signed(64),
            field.TYPE_UINT32: lambda: self.unsigned(32), field.TYPE_FIXED32: lambda: self.unsigned(32),
            field.TYPE_UINT64: lambda: self.unsigned(64), field.TYPE_FIXED64: lambda: self.unsigned(64),
        }
        return kinds[field.type]()

    def json_value(self, depth=0):
        choices = [None, True, False, 1.5, -3, "text", "驿"]
        if depth < 3:
            choices += [[self.json_value(depth + 1)], {"驿": self.json_value(depth + 1)}, {"": None}]
        return self.random.choice(choices)

    def fill_message(self, target, field):
        name = field.message_type.full_name
        if name.endswith(".Nested"):
            target.CopyFrom(self.nested())
        elif name == "google.protobuf.Timestamp":
            target.seconds, target.nanos = self.seconds(), self.nanos()
        elif name == "google.protobuf.Duration":
            sign = self.random.choice([1, -1])
            target.seconds = sign * self.random.choice([0, 1, 90, 315_575_999_999])
            target.nanos = sign * self.nanos()
        elif name == "google.protobuf.FieldMask":
            target.paths.extend(self.random.sample(["title", "contact_phone", "a.b_c", "x"], 2))
        elif name == "google.protobuf.Any":
            inner = self.random.choice([self.nested(), None])
            if inner is None:
                inner = self.types["Duration"](seconds=5)
            target.Pack(inner, deterministic=True)
        elif name == "google.protobuf.Struct":
            json_format.ParseDict({"k": self.json_value()}, target)
        elif name == "google.protobuf.ListValue":
            json_format.ParseDict([self.json_value(), self.json_value()], target)
        elif name == "google.protobuf.Value":
            json_format.ParseDict(self.json_value(), target)
        elif name.endswith("Value"):
            target.value = self.scalar(field.message_type.fields_by_name["value"])
        target.SetInParent()

    def make(self, share, map_sizes=(1,)):
        made = self.types["Everything"]()
        for field in made.DESCRIPTOR.fields:
            if self.random.random() > share or field.name == "null":
                continue
            is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
            if is_map:
                key, value = field.message_type.fields
                for _ in range(self.random.choice(map_sizes)):
                    if value.message_type:
                        getattr(made, field.name)[self.scalar(key)].CopyFrom(self.nested())
                    else:
                        getattr(made, field.name)[self.scalar(key)] = self.scalar(value)
            elif field.is_repeated:
                for _ in range(self.random.choice([1, 2, 5])):
                    if field.message_type:
                        self.fill_message(getattr(made, field.name).add(), field)
                    else:
                        getattr(made, field.name).append(self.scalar(field))
            elif field.message_type:
                self.fill_message(getattr(made, field.name), field)
            else:
                setattr(made, field.name, self.scalar(field))
        return made


UNUSUAL_JSON = [
    '{"an_int32": 5, "anInt64": 7}', '{"anInt32": "12"}', '{"anInt32": 1e3}', '{"anInt32": 12.0}',
    '{"anInt32": 1.2e1}', '{"anInt64": "-9223372036854775808"}', '{"aUint64": 18446744073709551615}',
    '{"aFloat": "1.5"}', '{"aDouble": "-Infinity"}', '{"aDouble": "NaN"}', '{"aDouble": 1}',
    '{"light": 2}', '{"light": 99}', '{"light": "LIGHT_BELOW"}', '{"anInt32": null, "aString": null}',
    '{"someBytes": "-_8"}', '{"someBytes": "-_8="}', '{"someBytes": "+/8="}', '{"strings": null}',
    '{"at": "2026-01-31T17:30:00+08:00"}', '{"at": "2026-01-31T09:30:00.1Z"}', '{"at": "0001-01-01T00:00:00Z"}',
    '{"at": "2024-02-29T23:59:59.999999999-00:30"}', '{"lasts": "1.5s"}', '{"lasts": "-0.25s"}', '{"lasts": "0s"}',
    '{"mask": "title,contactPhone"}', '{"mask": ""}', '{"value": null}', '{"null": null}',
    '{"wrappedInt64": 5}', '{"wrappedString": null}', '{"wrappedBool": false}', '{"aString": "\\ud83d\\ude00\\u0000"}',
    '{"maybeInt32": 0}', '{"choiceNumber": "0"}', '{"byFlag": {"true": "1"}}', '{"byFlag": {"false": 2}}',
    '{"byNumber": {"-1": {}}}', '{"@renamed": "x"}', '{"renamed": "x"}', ' { "aBool" : true } ',
    '{"anything": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "5s"}}',
    '{"anything": {"@type": "type.googleapis.com/fixture.v1.Everything.Nested", "count": 3}}',
    '{"anything": {}}', '{"nothing": {}}', '{"structure": {"a": [1, null, {"b": "c"}]}}',
]

BAD_JSON = [
    '', '{', '[]', '{"unknown": 1}', '{"anInt32": 2147483648}', '{"anInt32": -2147483649}', '{"anInt32": 1.5}',
    '{"anInt32": "x"}', '{"anInt32": true}', '{"anInt32": []}', '{"anInt64": "9223372036854775808"}', '{"aUint32": -1}',
    '{"aUint64": "18446744073709551616"}', '{"aFloat": 1e39}', '{"aDouble": "x"}', '{"aBool": "true"}',
    '{"aBool": 1}', '{"aString": 1}', '{"aString": "\\ud800"}', '{"light": "BRIGHT"}', '{"light": 1.5}', '{"nested": 1}', '{"nested": []}',
    '{"strings": "a"}', '{"strings": [null]}', '{"strings": [1]}', '{"labels": {"a": 1}}', '{"labels": []}',
    '{"byNumber": {"x": {}}}', '{"byFlag": {"yes": 1}}', '{"at": "2026-02-30T00:00:00Z"}',
    '{"at": "2026-01-31"}', '{"at": "2026-01-31T09:30:00"}', '{"at": "10000-01-01T00:00:00Z"}', '{"at": 5}',
    '{"lasts": "1"}', '{"lasts": "1.5"}', '{"lasts": "315576000001s"}', '{"someBytes": "!"}',
    '{"choiceText": "a", "choiceNumber": 1}', '{"aBool": true, "aBool": false}', '{"aBool": true, "a_bool": true}',
    '{"aBool": true,}', "{'aBool': true}", '{"aBool": True}', '{"aBool": true} x',
    '{"anything": {"@type": "type.googleapis.com/no.Such", "a": 1}}', '{"anything": {"value": 1}}',
]

UNUSUAL_BYTES = [
    bytes([0x18, 0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]),  # a varint longer than needed
    bytes([0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F]),  # a varint too wide for an int32
    bytes([0x18, 5, 0x18, 7]),  # the last one counts
    bytes([0x18, 5, 0x18, 0]),
    bytes([0x6A, 1, 1]),  # another wire type than declared: unknown
    bytes([0xF8, 0x01, 1, 0xF8, 0x01, 2]),  # a packed field one by one
    bytes([0x82, 0x02, 2, 1, 2]),  # an unpacked field packed
    bytes([0x8A, 0x01, 3, 0x0A, 1, 0x61, 0x8A, 0x01, 2, 0x10, 7]),  # two parts of one submessage
    bytes([0xAA, 0x01, 1, 0x61, 0xB0, 0x01, 5]),  # two members of a oneof
    bytes([0xCA, 0x02, 0]),  # a map entry without key and value
    bytes([0xCA, 0x02, 3, 0x12, 1, 0x61]),
    bytes([0xCA, 0x02, 6, 0x0A, 1, 0x61, 0x12, 1, 0x62, 0xCA, 0x02, 6, 0x0A, 1, 0x61, 0x12, 1, 0x63]),
    bytes([0xD2, 0x02, 2, 0x08, 1]),
    bytes([0xA0, 0x06, 1]),  # unknown: a varint, a group, 32 bits, 64 bits, text
    bytes([0xA3, 0x06, 0x08, 1, 0xA4, 0x06]),
    bytes([0xA5, 0x06, 1, 2, 3, 4]),
    bytes([0xA1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]),
    bytes([0xA2, 0x06, 2, 0xFF, 0xFF]),
    bytes([0x68, 2]),  # a bool of 2
    bytes([0x80, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
]

BAD_BYTES = [
    bytes([0x18]), bytes([0x18, 0x80]), bytes([0x08]), bytes([0x09, 1]), bytes([0x15, 1]), bytes([0x72, 5, 0x61]),
    bytes([0x72, 1, 0xFF]), bytes([0x72, 3, 0xED, 0xA0, 0x80]), bytes([0x00, 0x00]), bytes([0x1E]), bytes([0x1F]),
    bytes([0x18] + [0x80] * 10 + [0x01]), bytes([0xA3, 0x06, 0x08, 1]), bytes([0xA4, 0x06]),
    bytes([0xA3, 0x06, 0xAC, 0x06]), bytes([0x8A, 0x01, 2, 0x10]), bytes([0xFA, 0x01, 1, 0x80]),
    bytes([0x72, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]), bytes([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
]


def main():
    schema = descriptor_set()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(schema).file:
        pool.Add(file)
    get = lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    types = {"Everything": get("fixture.v1.Everything"), "Nested": get("fixture.v1.Everything.Nested"),
             "Duration": get("google.protobuf.Duration")}
    everything = types["Everything"]
    encode = lambda value: base64.b64encode(value).decode()
    deterministic = lambda value: value.SerializeToString(deterministic=True)
    to_json = lambda value: json.dumps(json_format.MessageToDict(value, descriptor_pool=pool), ensure_ascii=True)
    lines = [f"schema\t{encode(schema)}"]

    maker = Maker(SEED, pool, types)
    for index in range(COUNT):
        made = maker.make(share=[0.05, 0.2, 0.6][index % 3])
        lines.append(f"message\t{encode(deterministic(made))}\t{to_json(made)}")
    # Entries of a map come in any order, so only what they mean can be compared.
    for _ in range(20):
        made = maker.make(share=0.3, map_sizes=(2, 4, 8))
        lines.append(f"maps\t{encode(deterministic(made))}\t{to_json(made)}")
    for text in UNUSUAL_JSON:
        made = json_format.Parse(text, everything(), descriptor_pool=pool)
        lines.append(f"json\t{text}\t{encode(deterministic(made))}")
    for value in UNUSUAL_BYTES:
        lines.append(f"bytes\t{encode(value)}\t{encode(deterministic(everything.FromString(value)))}")
    for text in BAD_JSON:
        try:
            json_format.Parse(text, everything(), descriptor_pool=pool)
            print("python takes:", text, file=sys.stderr)
        except json_format.ParseError:
            pass
        lines.append(f"badjson\t{text}")
    for value in BAD_BYTES:
        try:
            everything.FromString(value)
            print("python takes:", value.hex(), file=sys.stderr)
        except message.DecodeError:
            pass
        lines.append(f"badbytes\t{encode(value)}")
    (HERE / "vectors.txt").write_text("\n".join(lines) + "\n")


main()
