"""What ProtoGen refuses, and where it says so; and that what is committed is what it generates."""

import json
import os
import shutil
import subprocess

import pytest

from conftest import BIN, ROOT

HEADER = """syntax = "proto3";
package yizhan.sample.v1;
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "yizhan/options.proto";
"""
GOOD_METHOD = 'option (yizhan.method) = { kind: READ roles: [STAFF] scope: ANY };'


def protogen(*arguments, **environment):
    return subprocess.run(
        [BIN / "ProtoGen", *arguments], capture_output=True, text=True, env={**os.environ, **environment})


@pytest.fixture
def package(tmp_path):
    """A package with one module whose proto is what the test says; gives ProtoGen's outcome."""
    (tmp_path / "Plugins" / "Sample").mkdir(parents=True)
    proto = tmp_path / "Proto" / "yizhan" / "sample" / "v1" / "sample.proto"
    proto.parent.mkdir(parents=True)

    def generate(text, header=HEADER, command=()):
        proto.write_text(header + text)
        return protogen(*command, "--root", tmp_path, "--import", ROOT / "Proto")

    generate.folder = tmp_path
    return generate


def test_a_good_module_is_generated_and_drift_is_seen(package):
    good = "message A { string b = 1; }\nservice S { rpc Get(A) returns (A) { %s } }\n" % GOOD_METHOD
    assert package(good).returncode == 0
    swift = package.folder / "Plugins" / "Sample" / "Generated" / "yizhan.sample.v1.sample.swift"
    assert "public protocol SHandler: Sendable" in swift.read_text()
    assert package(good, command=["check"]).returncode == 0
    swift.write_text(swift.read_text().replace("Sendable", "Sendabel"))
    changed = package(good, command=["check"])
    assert changed.returncode != 0
    assert "Plugins/Sample/Generated/yizhan.sample.v1.sample.swift: different" in changed.stdout
    (swift.parent / "Stray.swift").write_text("")
    swift.unlink()
    found = package(good, command=["check"]).stdout
    assert "Stray.swift: left over" in found and "yizhan.sample.v1.sample.swift: missing" in found


def service(option, request="A", reply="A"):
    return "message A {}\nservice S {\n  rpc Do(%s) returns (%s) { %s }\n}\n" % (request, reply, option)


REFUSED = [
    ("no option", service(""), 8, "Do needs option (yizhan.method)"),
    ("no kind", service('option (yizhan.method) = { roles: [STAFF] scope: ANY };'), 8, "needs a kind"),
    ("no roles", service('option (yizhan.method) = { kind: READ scope: ANY };'), 8, "needs roles"),
    ("role zero", service('option (yizhan.method) = { kind: READ roles: [ROLE_UNSPECIFIED] scope: ANY };'), 8,
     "needs roles"),
    ("no scope", service("option (yizhan.method) = { kind: READ roles: [STAFF] };"), 8, "needs a scope"),
    ("everybody's host", service("option (yizhan.method) = { kind: READ roles: [ANYONE] scope: HOST };"), 8,
     "its scope cannot be HOST"),
    ("write streams", service('option (yizhan.method) = { kind: WRITE roles: [STAFF] scope: ANY };', "stream A"), 8,
     "its kind must be STREAM"),
    ("read streams", service(GOOD_METHOD, "A", "stream A"), 8, "its kind must be STREAM"),
    ("stream does not", service('option (yizhan.method) = { kind: STREAM roles: [STAFF] scope: ANY };'), 8,
     "neither its requests nor its replies stream"),
    ("personal without kind", 'message A {\n  string n = 1 [(yizhan.personal) = { purpose: "x" }];\n}', 7,
     "the personal field n needs a kind and a purpose"),
    ("personal without purpose", "message A {\n  string n = 1 [(yizhan.personal) = { kind: NAME }];\n}", 7,
     "the personal field n needs a kind and a purpose"),
    ("recursion", "message A {\n  B b = 1;\n}\nmessage B {\n  repeated A a = 1;\n}", 6, "contains itself (A → B → A)"),
    ("recursion through a map", "message A {\n  map<string, A> a = 1;\n}", 6, "contains itself"),
    ("Struct", "message A {\n  google.protobuf.Struct s = 1;\n}", 7, "declare a message instead"),
    ("Value", "message A {\n  google.protobuf.Value v = 1;\n}", 7, "declare a message instead"),
    ("reserved name", "message Snapshot {}", 6, "would hide one that generated code needs"),
    ("names that meet", "message A {\n  oneof worker_id { string x = 1; }\n  string worker_i_d = 2;\n}", 6,
     "would be workerID in Swift"),
    ("foreign module", "message A {\n  yizhan.wishes.v1.Wish w = 1;\n}", 7, "belongs to Wishes"),
]


@pytest.mark.parametrize("text, line, message", [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_breaks_a_rule_is_refused_with_its_place(package, text, line, message):
    header = HEADER
    if "wishes" in text:
        header = HEADER.replace('import "google/protobuf/struct.proto"', 'import "yizhan/wishes/v1/wish.proto"')
    outcome = package(text, header)
    assert outcome.returncode != 0
    assert f"yizhan/sample/v1/sample.proto:{line}: " in outcome.stderr, outcome.stderr
    assert message in outcome.stderr, outcome.stderr
    assert not (package.folder / "Plugins" / "Sample" / "Generated").exists(), "nothing is written"


def test_all_problems_are_named_at_once(package):
    outcome = package(service("") + "message B {\n  B b = 1;\n}\n")
    assert "needs option" in outcome.stderr and "contains itself" in outcome.stderr


def test_proto2_is_refused(package):
    outcome = package("message A {}", 'syntax = "proto2";\npackage yizhan.sample.v1;\n')
    assert outcome.returncode != 0 and "only proto3 is supported" in outcome.stderr


def test_a_syntax_error_is_protocs_own(package):
    outcome = package("message A {\n  strin b = 1;\n}\n")
    assert outcome.returncode != 0 and "sample.proto:7:3" in outcome.stderr and "strin" in outcome.stderr


@pytest.mark.parametrize(
    "present, missing, apt", [([], "protoc", "protobuf-compiler"), (["protoc"], "protoc-gen-c", "protobuf-c-compiler")])
def test_a_missing_program_names_its_debian_package(package, tmp_path, present, missing, apt):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in present:
        (tools / name).write_text("#!/bin/sh\n")
        (tools / name).chmod(0o755)
    outcome = protogen("--root", ROOT, PATH=str(tools))
    assert outcome.returncode != 0
    assert f"{missing} is not installed" in outcome.stderr and f"apt-get install {apt}" in outcome.stderr


def test_committed_code_is_what_is_generated():
    outcome = protogen("check", "--root", ROOT)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    integrator = protogen("check", "--root", ROOT / "Tests" / "Integrator", "--import", ROOT / "Proto")
    assert integrator.returncode == 0, integrator.stdout + integrator.stderr


@pytest.mark.parametrize("name, resource, words", [
    ("lending", "Bicycle", "is not a module's name"),
    ("Lending", "bicycle", "is not a resource's name"),
    ("Storage", "Shelf", "the host or a library has that name"),
    ("Privacy", "Notice", "the host or a library has that name"),
    ("Sqlite", "Notice", "the host or a library has that name"),
    ("Lending", "Page", "code that a module uses has that name"),
    ("Lending", "Transaction", "code that a module uses has that name"),
    ("Lending", "Lending", "code that a module uses has that name"),
    ("Sample", "Thing", "exists already"),
])
def test_a_new_module_of_a_name_that_cannot_be_is_refused(package, name, resource, words):
    before = sorted(path for path in package.folder.rglob("*"))
    refused = protogen("new", name, "--resource", resource, "--root", package.folder, "--import", ROOT / "Proto")
    assert refused.returncode != 0
    assert words in refused.stderr
    assert sorted(path for path in package.folder.rglob("*")) == before


def test_a_new_module_is_entered_where_modules_are_listed(tmp_path):
    """In a copy of this repository's lists; that the module builds, and can be tried, Tests/Integrator/new-module shows."""
    for name in ("Package.swift", "README.md", "Sources/yizhand/Modules.swift", ".swift-format"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for folder in ("Proto", "Plugins"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    # Units of other folders are not generated, and must be there.
    for unit in ("Sources/Wire", "Sources/ModuleKit", "Sources/Host", "Tests/WireTests"):
        shutil.copytree(ROOT / unit, tmp_path / unit)
    made = protogen("new", "Mediation", "--resource", "RestStop", "--root", tmp_path)
    assert made.returncode == 0, made.stderr
    described = subprocess.run(
        ["swift", "package", "--package-path", tmp_path, "dump-package"], capture_output=True, text=True, timeout=300)
    assert described.returncode == 0, described.stderr
    targets = {target["name"]: target for target in json.loads(described.stdout)["targets"]}
    assert {"Mediation", "CMediationMessages", "MediationTests"} <= targets.keys()
    assert "Mediation" in str(targets["yizhand"]["dependencies"])
    registry = (tmp_path / "Sources/yizhand/Modules.swift").read_text()
    assert "import Mediation\n" in registry and "  MediationModule.self,\n]" in registry
    assert "| `Plugins/Mediation` | rest stops |\n" in (tmp_path / "README.md").read_text()
    assert "$ yizhan mediation create-rest-stop --area" in (tmp_path / "Plugins/Mediation/README.md").read_text()
    assert protogen("check", "--root", tmp_path).returncode == 0
