"""The register of workers as a platform's Python stack and a district's scripts meet it, with stock grpcio."""

import csv
import pathlib
import threading

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

import make_workers

AREAS = pathlib.Path(__file__).resolve().parents[1] / "Fixtures" / "areas.csv"
NUMBER = "410304198505051" + "23"


class Register:
    """Stubs and messages of the register on one host."""

    def __init__(self, host, stubs):
        self.area, area_services = stubs.load("yizhan.workers.v1.area")
        self.organisation, organisation_services = stubs.load("yizhan.workers.v1.organisation")
        self.worker, _ = stubs.load("yizhan.workers.v1.worker")
        self.calls, worker_services = stubs.load("yizhan.workers.v1.worker_service")
        self.bulk, _ = stubs.load("yizhan.bulk.v1.bulk")
        channel = host.channel()
        self.areas = area_services.AreaServiceStub(channel)
        self.organisations = organisation_services.OrganisationServiceStub(channel)
        self.workers = worker_services.WorkerServiceStub(channel)
        self.worker_services = worker_services
        self.access = stubs.load("yizhan.access.v1.access")
        self.host = host
        self.platforms = {}

    def staff(self, purpose):
        """Staff who say what they need personal data for."""
        messages, services = self.access
        token = services.AccessServiceStub(self.host.channel()).CreateToken(
            messages.CreateTokenRequest(principal_name=f"staff for {purpose}", roles=["ROLE_STAFF"])).secret
        return self.worker_services.WorkerServiceStub(self.host.channel(token, purpose=purpose))

    def import_areas(self):
        with open(AREAS, encoding="utf-8", newline="") as file:
            rows = [self.area.AreaRow(**row) for row in csv.DictReader(file)]
        return self.areas.ImportAreas(iter([
            self.area.ImportAreasRequest(
                import_id="areas", coordinate_system="COORDINATE_SYSTEM_GCJ02", first_row=start + 1,
                rows=rows[start:start + 1000])
            for start in range(0, len(rows), 1000)]))

    def messages(self, import_id, rows, first=1, size=500, dry_run=False):
        """The requests of an import of workers, from a row on."""
        for start in range(first - 1, len(rows), size):
            yield self.calls.ImportWorkersRequest(
                import_id=import_id, dry_run=dry_run, first_row=start + 1,
                rows=[self.calls.WorkerRow(**row) for row in rows[start:start + size]])


@pytest.fixture(scope="module")
def register(new_host, stubs):
    register = Register(new_host("register"), stubs)
    reply = register.import_areas()
    assert reply.summary.rows_created == 3429 and not reply.errors
    for name in make_workers.PLATFORMS:
        register.platforms[name] = register.organisations.CreateOrganisation(
            register.organisation.CreateOrganisationRequest(
                kind="ORGANISATION_KIND_PLATFORM", name=name, area_code="110000")).id
    return register


def details(error):
    """The typed details of an error, by message name."""
    found = {}
    for detail in rpc_status.from_call(error).details:
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.LocalizedMessage):
            if detail.Is(kind.DESCRIPTOR):
                message = kind()
                detail.Unpack(message)
                found[kind.DESCRIPTOR.name] = message
    return found


def person(register, **changes):
    number = NUMBER + make_workers.check_character(NUMBER)
    values = {"name": "苟建国", "identity_number": number, "phone": "138-0013-8000", "area_code": "410304"} | changes
    return register.calls.RegisterWorkerRequest(**values)


def test_registers_once_and_names_conflicts(register):
    created = register.workers.RegisterWorker(person(register))
    assert (created.worker.name, created.worker.phone) == ("苟**", "+86138****8000")
    assert created.worker.birth_date == "1985-**-**"
    get = register.calls.GetWorkerRequest(id=created.worker.id)
    opened = register.staff("register").GetWorker(get)
    assert (opened.name, opened.birth_date, opened.identity_number) == (
        "苟建国", "1985-05-05", NUMBER + make_workers.check_character(NUMBER))
    assert opened.phone == "+8613800138000"
    again = register.workers.RegisterWorker(person(register, phone="+86 13800138000"))
    assert again.worker.id == created.worker.id
    assert again.outcome == register.calls.RegisterWorkerResponse.OUTCOME_UNCHANGED

    with pytest.raises(grpc.RpcError) as caught:
        register.workers.RegisterWorker(person(register, name="李金玲"))
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    info = details(caught.value)["ErrorInfo"]
    assert (info.reason, info.domain) == ("WORKER_CONFLICT", "workers.yizhan")
    assert info.metadata["conflicts"] == "name"

    with pytest.raises(grpc.RpcError) as caught:
        register.workers.RegisterWorker(person(register, name="", phone="1380013800"))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    violations = details(caught.value)["BadRequest"].field_violations
    assert sorted(violation.field for violation in violations) == ["name", "phone"]


def test_many_at_once_make_one_worker(register):
    outcomes, identifiers = [], set()

    def call():
        reply = register.workers.RegisterWorker(
            person(register, name="周大周", identity_number="", phone="13700137000"))
        outcomes.append(reply.outcome)
        identifiers.add(reply.worker.id)

    threads = [threading.Thread(target=call) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 16 and len(identifiers) == 1
    assert outcomes.count(register.calls.RegisterWorkerResponse.OUTCOME_CREATED) == 1


def test_a_cut_import_resumes_and_every_flaw_is_named(register):
    with open(AREAS, encoding="utf-8", newline="") as file:
        areas = [row["code"] for row in csv.DictReader(file) if not row["code"].endswith("00")]
    rows, expected = make_workers.make(10_000, 7, areas)

    dry = register.workers.ImportWorkers(register.messages("faker", rows, dry_run=True)).summary
    assert dry.dry_run and dry.rows_created == expected["created"] and dry.rows_failed == expected["failed"]
    with pytest.raises(grpc.RpcError) as caught:
        register.workers.GetImport(register.bulk.GetImportRequest(import_id="faker"))
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND

    # The client goes away in the middle: after some messages it sends no more and cancels.
    sent, release = threading.Event(), threading.Event()

    def part():
        for number, message in enumerate(register.messages("faker", rows)):
            if number == 9:
                sent.set()
                release.wait(30)
                return
            yield message

    call = register.workers.ImportWorkers.future(part())
    assert sent.wait(30)
    call.cancel()
    release.set()

    progress = register.workers.GetImport(register.bulk.GetImportRequest(import_id="faker"))
    assert progress.last_row <= 4500
    assert progress.state == register.bulk.IMPORT_STATE_RUNNING
    # The cancelled call may still commit a chunk that it had begun; sending on from what it said overlaps then.
    summary = register.workers.ImportWorkers(
        register.messages("faker", rows, first=max(progress.last_row - 99, 1))).summary
    assert summary.state == register.bulk.IMPORT_STATE_COMPLETED
    assert summary.last_row == summary.rows_received == 10_000
    assert summary.rows_created == expected["created"]
    assert summary.rows_updated == expected["updated"]
    assert summary.rows_unchanged == expected["unchanged"]
    assert summary.rows_failed == expected["failed"] == 100

    named, token = [], ""
    while True:
        page = register.workers.ListImportErrors(
            register.bulk.ListImportErrorsRequest(import_id="faker", page_size=30, page_token=token))
        named += [{"row": error.row, "column": error.column, "reason": error.reason} for error in page.errors]
        token = page.next_page_token
        if not token:
            break
    assert named == expected["errors"]


def test_an_import_id_is_for_one_file(register):
    def rows(family, prefix):
        return [{"name": family + sign, "phone": f"{prefix}{number:04}", "occupations": "快递员", "area_code": "410304"}
                for number, sign in enumerate("甲乙丙丁戊己庚辛壬癸")]

    people, others = rows("张", "1660000"), rows("李", "1670000")
    first = register.workers.ImportWorkers(register.messages("november", people)).summary
    assert first.rows_created == 10
    # A client that did not get the answer sends all of it once more.
    assert register.workers.ImportWorkers(register.messages("november", people, size=3)).summary == first
    for sent, reason in [(others, "IMPORT_DIFFERS"), (people + others, "IMPORT_COMPLETED")]:
        with pytest.raises(grpc.RpcError) as caught:
            register.workers.ImportWorkers(register.messages("november", sent))
        assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        found = details(caught.value)
        assert found["ErrorInfo"].reason == reason
        assert "import_id" in found["LocalizedMessage"].message
    with pytest.raises(grpc.RpcError) as caught:
        register.workers.FindWorker(register.calls.FindWorkerRequest(phone=others[0]["phone"]))
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    assert register.workers.ImportWorkers(register.messages("december", others)).summary.rows_created == 10


def test_lists_page_through_an_area(register):
    whole = register.workers.ListWorkers(
        register.calls.ListWorkersRequest(area_code="410000", page_size=1000)).workers
    paged, token = [], ""
    while True:
        page = register.workers.ListWorkers(
            register.calls.ListWorkersRequest(area_code="410000", page_size=17, page_token=token))
        paged += page.workers
        token = page.next_page_token
        if not token:
            break
    assert len(whole) > 17 and paged == list(whole)
