"""Makes lockers.binpb, the descriptors of lockers.proto with comments, as a server's reflection has them.

Run from the repository's root, with grpcio-tools installed, after lockers.proto or what it imports has changed:

    python3 Tests/Fixtures/CLI/make_descriptors.py
"""

import pathlib
import sys

import grpc_tools
from google.protobuf import descriptor_pb2
from grpc_tools import protoc

HERE = pathlib.Path(__file__).resolve().parent
OUTPUT = HERE / "lockers.binpb"

well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
status = protoc.main([
    "protoc", f"-I{HERE}", f"-I{HERE.parents[2] / 'Proto'}", f"-I{well_known}", "--include_imports",
    "--include_source_info", f"--descriptor_set_out={OUTPUT}", "lockers.proto",
])
if status != 0:
    sys.exit("protoc failed")
files = descriptor_pb2.FileDescriptorSet.FromString(OUTPUT.read_bytes())
for file in files.file:
    # The comments of protobuf's own files are long and no test reads them.
    if file.name.startswith("google/"):
        file.ClearField("source_code_info")
OUTPUT.write_bytes(files.SerializeToString())
