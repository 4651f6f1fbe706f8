"""The CLI against a running host, as an operator meets it: import, resume, a wish's story, errors, completions."""

import csv
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from conftest import BIN

AREAS = pathlib.Path(__file__).resolve().parents[1] / "Fixtures" / "areas.csv"


class CLI:
    """`yizhan` with a configuration folder of its own."""

    def __init__(self, host, folder):
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"),
            "YIZHAN_SERVER": host.address, "LANG": "C.UTF-8",
        }
        self.folder = folder

    def run(self, *arguments, code=0, text=None, **environment):
        done = subprocess.run(
            [BIN / "yizhan", *map(str, arguments)], input=text or "", env={**self.environment, **environment},
            capture_output=True, text=True, timeout=60)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *arguments, **options):
        return json.loads(self.run(*arguments, **options).stdout)


@pytest.fixture(scope="module")
def cli(new_host, tmp_path_factory):
    host = new_host("cli")
    cli = CLI(host, tmp_path_factory.mktemp("cli"))
    cli.run("modules", code=77)
    login = cli.run("login", text=host.token + "\n")
    assert "as administrator" in login.stderr and host.token not in login.stderr
    assert (cli.folder / "config/yizhan/profiles.json").stat().st_mode & 0o777 == 0o600
    summary = cli.json("workers", "import-areas", AREAS, "--coordinate-system", "gcj02")["summary"]
    assert summary["rowsCreated"] == "3429" and summary["state"] == "IMPORT_STATE_COMPLETED"
    return cli


@pytest.fixture(scope="module")
def organisations(cli):
    make = lambda kind, name: cli.json(
        "workers", "create-organisation", "--kind", kind, "--name", name, "--area-code", "440304")["id"]
    return {"platform": make("platform", "顺达速递有限公司"), "charity": make("charity", "福田慈善会")}


def test_modules_come_from_the_server(cli):
    modules = {module["module"]: module for module in cli.json("modules")}
    assert {"access", "workers", "wishes"} <= set(modules)
    assert {"claim", "list", "get", "collect"} <= set(modules["wishes"]["commands"])
    for name, module in modules.items():
        for command in module["commands"]:
            assert "Usage: yizhan" in cli.run(name, command, "--help").stdout


def test_all_pages_are_all_areas(cli):
    listed = cli.run("workers", "list-areas", "--all", "--page-size", 1000, "-o", "csv").stdout
    rows = list(csv.DictReader(listed.splitlines()))
    with open(AREAS, encoding="utf-8", newline="") as file:
        names = sorted(row["name"] for row in csv.DictReader(file))
    assert sorted(row["name"] for row in rows) == names


def test_a_wish_from_the_street_to_its_fulfilment(cli, organisations):
    worker = cli.json(
        "workers", "register", "--name", "王芳", "--phone", "13800138000", "--area-code", "440304",
        "--occupations", "courier", "--employment.organisation-id", organisations["platform"],
        "--employment.occupation", "courier", "--employment.station", "旭升站")["worker"]["id"]
    wish = cli.json(
        "wishes", "collect", "--worker-id", worker, "--title", "给站点添一台微波炉", "--category", "home-appliance",
        "--area-code", "440304", "--need", "goods")["id"]
    assert cli.json("wishes", "approve", wish)["state"] == "STATE_LISTED"
    assert [row["id"] for row in cli.json("wishes", "list")["wishes"]] == [wish]
    claim = cli.json("wishes", "claim", wish, "--organisation-id", organisations["charity"])["claims"][0]["id"]
    refused = cli.run("wishes", "claim", wish, "--organisation-id", organisations["charity"], code=1)
    assert "FAILED_PRECONDITION" in refused.stderr and "WISH_ALREADY_CLAIMED" in refused.stderr
    chinese = cli.run(
        "wishes", "claim", wish, "--organisation-id", organisations["charity"], code=1, LANG="zh_CN.UTF-8")
    assert "认领" in chinese.stderr
    assert cli.json("wishes", "fulfil-claim", claim, "--text", "微波炉已送到站点")["state"] == "STATE_FULFILLED"
    assert cli.json("wishes", "confirm-fulfilment", claim, "--rating", 5)["state"] == "STATE_CONFIRMED"
    table = cli.run("wishes", "get", wish, "-o", "table").stdout
    assert "state " in table and "CONFIRMED" in table


def test_the_rights_of_a_person_from_consent_to_erasure(cli):
    worker = cli.json(
        "workers", "register", "--name", "赵敏", "--phone", "13700137000", "--area-code", "440304",
        "--occupations", "courier")["worker"]["id"]
    consent = ["privacy", "grant-consent", worker, "--purpose", "register", "--separate", "--evidence",
               "form 2026-118"]
    refused = cli.run(*consent, "--birth-date", "2015-06-01", code=1)
    assert "CONSENT_NEEDS_GUARDIAN" in refused.stderr
    given = cli.json(*consent)
    assert cli.json(*consent)["id"] == given["id"]
    assert [row["id"] for row in cli.json("privacy", "list-consents", worker)["consents"]] == [given["id"]]

    masked = cli.json("privacy", "get-personal-view", worker)
    assert {value["value"] for record in masked["records"] for value in record.get("values", [])} == {"****"}
    refused = cli.run("privacy", "export-personal-data", worker, code=1)
    assert "PURPOSE_NEEDED" in refused.stderr and "--unmask-for rights" in refused.stderr
    file = cli.json("privacy", "export-personal-data", worker, "--unmask-for", "rights")
    assert "form 2026-118" in {value["value"] for record in file["records"] for value in record.get("values", [])}
    accesses = cli.json("privacy", "list-accesses", worker)["accesses"]
    assert [access["purpose"] for access in accesses] == ["rights"]

    preview = cli.json("privacy", "preview-erasure", worker)
    assert {"privacy"} <= {part["module"] for part in preview["parts"]}
    erase = ["privacy", "erase-person", worker, "--etag", preview["etag"], "--legal-basis", "consent-withdrawn",
             "--reason", "the person, form 2026-204"]
    assert "cannot be undone" in cli.run(*erase, code=64).stderr
    assert cli.json(*erase, "--yes")["personId"] == worker
    assert "PERSON_ALREADY_ERASED" in cli.run(*erase, "--yes", code=1).stderr
    assert cli.json("privacy", "get-personal-view", worker)["erasure"]["legalBasis"] == "LEGAL_BASIS_CONSENT_WITHDRAWN"


def test_a_write_repeated_with_its_key_has_one_effect(cli):
    arguments = ["workers", "create-organisation", "--kind", "merchant", "--name", "兰州拉面", "--area-code", "440304",
                 "--idempotency-key", "noodles-1"]
    assert cli.json(*arguments)["id"] == cli.json(*arguments)["id"]


def test_row_errors_are_told_with_lines_and_codes(cli, tmp_path):
    path = tmp_path / "workers.csv"
    path.write_text(
        "name,phone,occupations,area_code\n李雷,13900139000,COURIER,440304\n\n韩梅梅,12,COURIER,440304\n", encoding="utf-8")
    done = cli.run("workers", "import", path, "-o", "table", "--errors", tmp_path / "errors.csv", code=2)
    with open(tmp_path / "errors.csv", encoding="utf-8", newline="") as file:
        errors = list(csv.DictReader(file))
    assert {(row["line"], row["row"], row["column"]) for row in errors} == {("4", "2", "phone")}
    assert "rows failed" in done.stdout and all(row["description_zh"] for row in errors)


def bad_workers(path, count):
    """A file whose rows have one error each."""
    path.write_text("name,phone,occupations,area_code\n" + "李雷,12,COURIER,440304\n" * count, encoding="utf-8")
    return path


def test_a_part_of_the_errors_does_not_pass_for_all(cli, tmp_path):
    path = bad_workers(tmp_path / "workers.csv", 150)
    errors = tmp_path / "errors.csv"
    dry = cli.run("workers", "import", path, "--dry-run", "-o", "table", "--errors", errors, code=2)
    assert f"the errors of 100 of 150 failed rows are in {errors}: the reply of a dry run" in dry.stderr
    assert "there are more errors" not in dry.stderr
    done = cli.run("workers", "import", path, "-o", "table", "--errors", errors, code=2)
    assert done.stderr.endswith(f"150 errors are in {errors}\n")


def test_a_complete_import_shows_its_end_when_resumed(cli, tmp_path):
    path = bad_workers(tmp_path / "workers.csv", 3)
    first = cli.json("workers", "import", path, "--import-id", "done-1", "--errors", tmp_path / "1.csv", code=2)
    again = cli.json("workers", "import", path, "--resume", "done-1", "--errors", tmp_path / "2.csv", code=2)
    assert again["errors"] == first["errors"] and again["summary"].keys() == first["summary"].keys()
    assert (again["summary"]["state"], again["summary"]["rowsFailed"]) == ("IMPORT_STATE_COMPLETED", "3")
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_errors_that_cannot_be_written_are_noticed_before_anything_is_sent(cli, tmp_path):
    path = bad_workers(tmp_path / "workers.csv", 1)
    refused = cli.run(
        "workers", "import", path, "--import-id", "never-1", "--errors", tmp_path / "none" / "errors.csv", code=64)
    assert "cannot write" in refused.stderr
    cli.run("workers", "get-import", "never-1", code=1)


def test_an_interrupted_import_is_resumed_and_nothing_is_twice(cli, tmp_path):
    count = 20000
    path = tmp_path / "workers.csv"
    with open(path, "w", encoding="utf-8") as file:
        file.write("name,phone,occupations,area_code\n")
        for index in range(count):
            # Names have no digits.
            name = "".join("甲乙丙丁戊己庚辛壬癸"[int(digit)] for digit in f"{index:05d}")
            file.write(f"{name},137{index:08d},COURIER,440304\n")
    command = [BIN / "yizhan", "workers", "import", path, "--import-id", "cut-1"]
    process = subprocess.Popen(
        command, env=cli.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        # Interrupt once the server has committed some rows, and before it has all of them.
        got = subprocess.run(
            [BIN / "yizhan", "workers", "get-import", "cut-1"], env=cli.environment, capture_output=True, text=True)
        if got.returncode == 0 and int(json.loads(got.stdout).get("lastRow", 0)) > 0:
            break
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 130, error
    assert "--resume cut-1" in error
    summary = cli.json("workers", "import", path, "--resume", "cut-1")["summary"]
    assert (summary["rowsReceived"], summary["rowsCreated"]) == (str(count), str(count))


@pytest.mark.parametrize("content, expected", [
    ("name,phne\na,1\n".encode(), "did you mean \"phone\"?"),
    ("name\n驿站\n".encode("gb18030"), "GB18030"),
    ("name\n驿站\n".encode("utf-16"), "UTF-16"),
    (b"", "is empty"),
])
def test_a_file_that_cannot_be_read_is_explained(cli, tmp_path, content, expected):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    assert expected in cli.run("workers", "import", path, code=64).stderr


def test_exit_codes(cli):
    cli.run("status")
    cli.run("workers", "get", "00000000-0000-7000-8000-000000000000", code=1)
    cli.run("workers", "gte", code=64)
    cli.run("modules", code=77, YIZHAN_TOKEN="yz_wrong")
    unreachable = cli.run("status", code=69, YIZHAN_SERVER="127.0.0.1:1")
    assert "Is a server running at 127.0.0.1:1?" in unreachable.stderr


def test_bash_completes_commands_of_the_server(cli):
    script = """
      source <("$1" completions bash)
      yizhan() { "$YIZHAN" "$@"; }
      COMP_WORDS=(yizhan wishes cla) COMP_CWORD=2; _yizhan; echo "${COMPREPLY[@]}"
      COMP_WORDS=(yizhan workers list --state a) COMP_CWORD=4; _yizhan; echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "-c", script, "bash", BIN / "yizhan"], env={**cli.environment, "YIZHAN": str(BIN / "yizhan")},
        capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines() == ["claim", "active"], done.stderr


def test_host_and_cli_have_one_version(cli):
    version = cli.run("version").stdout
    host = subprocess.run([BIN / "yizhand", "version"], capture_output=True, text=True, check=True, timeout=10)
    assert re.fullmatch(r"yizhan \d+\.\d+\.\d+\n", version)
    assert host.stdout.splitlines()[0] == version.strip().replace("yizhan", "yizhand")
    assert cli.run("--version").stdout == version
