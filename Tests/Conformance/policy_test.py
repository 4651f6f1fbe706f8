"""Who may do what, as an operator asks for it: the whole matrix, why somebody can or cannot, and tokens that are rotated."""

import importlib
import json
import pathlib

import grpc
import pytest

from cli_test import CLI
from conftest import ROOT


@pytest.fixture(scope="module")
def host(new_host):
    return new_host("policy")


@pytest.fixture(scope="module")
def cli(host, tmp_path_factory):
    cli = CLI(host, tmp_path_factory.mktemp("policy-cli"))
    cli.run("login", text=host.token + "\n")
    return cli


@pytest.fixture(scope="module")
def declared(stubs):
    """What the protos declare of each method, read by stock protobuf."""
    options, _ = stubs.load("yizhan.options")
    methods = {}
    for path in sorted((ROOT / "Proto" / "yizhan").rglob("*.proto")):
        module = importlib.import_module(".".join(path.relative_to(ROOT / "Proto").with_suffix("").parts) + "_pb2")
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                option = method.GetOptions().Extensions[options.method]
                name = lambda kind, value: options.Method.DESCRIPTOR.enum_types_by_name[kind].values_by_number[value].name
                methods[f"{service.full_name}/{method.name}"] = {
                    "kind": name("Kind", option.kind), "scope": name("Scope", option.scope),
                    "roles": {name("Role", role) for role in option.roles}}
    return methods


def test_the_matrix_is_what_the_protos_declare(cli, declared):
    shown = {method["method"]: method for method in cli.json("policy", "--output", "json")["methods"]}
    for name, method in declared.items():
        policy = shown[name]
        assert (policy["kind"], policy["scope"], set(policy["roles"])) == (
            method["kind"], method["scope"], method["roles"]), name
    assert {name for name in shown if not name.startswith("grpc.")} == set(declared)
    table = cli.run("policy", "--output", "table").stdout.splitlines()
    assert table[0].split() == ["METHOD", "ROLES", "SCOPE", "KIND", "UNMASK"] and len(table) == len(shown) + 1
    assert cli.run("policy", "--method", "RotateKeys", "--output", "table").stdout.splitlines()[1].split() == [
        "yizhan.privacy.v1.KeyService/RotateKeys", "ADMINISTRATOR", "HOST", "STREAM"]


def test_access_is_explained(cli, host, stubs):
    secret = cli.json("access", "create-token", "--principal-name", "luohe", "--roles", "administrator",
                      "--area-codes", "410304")["secret"]

    def explained(*flags, **environment):
        return cli.run("policy", "explain", "--principal", "luohe", "--output", "table", *flags,
                       **environment).stdout.splitlines()

    steps = explained("--method", "GetWorker", "--target-area", "410304001")
    assert [step.split(":")[0] for step in steps] == ["1 + credential", "2 + role", "3 + scope", "4 + target", "allowed"]
    steps = explained("--method", "WorkerService/GetWorker", "--target-area", "440305")
    assert steps[-1] == "refused" and steps[-2].startswith("4 - target: out of reach: the area 440305")
    assert explained("--method", "RotateKeys")[-2:] == [
        "3 - scope: the method deals with what is one for the whole host, and luohe is bound to areas", "refused"]
    assert explained("--method", "RotateKeys", LANG="zh_CN.UTF-8")[-1] == "拒绝"
    assert "no such principal" in cli.run(
        "policy", "explain", "--principal", "nobody", "--method", "GetWorker", code=1).stderr
    assert "--method" in cli.run("policy", "explain", "--principal", "luohe", code=64).stderr

    # What is explained is what happens.
    messages, services = stubs.load("yizhan.privacy.v1.key")
    with host.channel(secret) as channel, pytest.raises(grpc.RpcError) as refused:
        services.KeyServiceStub(channel).GetKeyStatus(messages.GetKeyStatusRequest())
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert "whole host" in refused.value.details()


def test_a_system_rotates_its_own_token(cli, host):
    first = cli.json("access", "create-token", "--principal-name", "gateway", "--roles", "platform")
    with_token = lambda secret: {"YIZHAN_TOKEN": secret}
    second = cli.json("access", "rotate-token", "--grace-seconds", "0", **with_token(first["secret"]))
    assert second["token"]["principalId"] == first["token"]["principalId"] and second["secret"] != first["secret"]
    assert cli.json("access", "get-caller", **with_token(second["secret"]))["principalName"] == "gateway"
    assert "not valid" in cli.run("access", "get-caller", code=77, **with_token(first["secret"])).stderr
    # Neither is kept in the clear.
    for path in pathlib.Path(host.data).iterdir():
        content = path.read_bytes() if path.is_file() else b""
        assert first["secret"].encode() not in content and second["secret"].encode() not in content
