"""A whole host on a full disk: writes are refused with DISK_FULL, everything else goes on, and nothing is lost."""

import os
import subprocess
import threading
import urllib.request

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from conformance import Host

PAGE = 4096
# SQLite's index of the log grows after so many pages of the log, each of which takes a frame there.
FIRST_INDEX_FRAMES = 4062
FRAME = PAGE + 24


class SmallDisk:
    """A file system in memory that can be filled up, and given back page by page."""

    def __init__(self, path, size_bytes):
        self.path = path
        self.filler = path / "filler"
        path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=700", "tmpfs", path], check=True)

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=True)

    def free_bytes(self):
        status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize

    def fill(self, leaving=0):
        with open(self.filler, "ab", buffering=0) as file:
            while (room := self.free_bytes() - leaving) >= PAGE:
                file.write(b"\1" * min(room // PAGE * PAGE, 1 << 20))

    def give_back(self, size_bytes):
        os.truncate(self.filler, max(self.filler.stat().st_size - size_bytes, 0))

    def empty(self):
        self.filler.unlink()


@pytest.fixture
def disk(tmp_path):
    if os.getuid() != 0:
        pytest.skip("only root can mount a small file system, so nothing is tried on a full disk here")
    try:
        disk = SmallDisk(tmp_path / "disk", 48 << 20)
    except subprocess.CalledProcessError:
        pytest.skip("no small file system can be mounted here, so nothing is tried on a full disk")
    yield disk
    disk.close()


class Client:
    """Registers workers, each with a key of its own, and remembers the replies."""

    def __init__(self, host, stubs):
        self.host = host
        self.messages, self.services = stubs.load("yizhan.workers.v1.worker_service")
        self.areas, self.area_services = stubs.load("yizhan.workers.v1.area")
        self.acknowledged = {}
        self.connect()

    def connect(self):
        self.channel = self.host.channel(options=[("grpc.enable_retries", 0)])
        self.stub = self.services.WorkerServiceStub(self.channel)

    def make_area(self):
        service = self.area_services.AreaServiceStub(self.channel)
        for code, name in (("410000", "河南省"), ("410300", "洛阳市"), ("410304", "瀍河回族区")):
            service.CreateArea(self.areas.CreateAreaRequest(code=code, name=name), timeout=10)

    def register(self, index):
        """Whether the host took it. Every refusal has to be the one for a full disk."""
        request = self.messages.RegisterWorkerRequest(
            name="张三", phone=str(13_000_000_000 + index), area_code="410304")
        try:
            reply = self.stub.RegisterWorker(request, metadata=[("idempotency-key", f"disk-{index}")], timeout=20)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAVAILABLE, error
            status = rpc_status.from_call(error)
            details = {any_message.TypeName(): any_message for any_message in status.details} if status else {}
            assert "google.rpc.ErrorInfo" in details, f"{error}\n{self.host.log.read_text()}"
            info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
            details["google.rpc.ErrorInfo"].Unpack(info)
            details["google.rpc.RetryInfo"].Unpack(retry)
            assert info.reason == "DISK_FULL" and retry.retry_delay.ToMilliseconds() > 0, status
            return False
        assert self.acknowledged.setdefault(index, reply) == reply, "a repeated key got another reply"
        return True

    def check_alive(self):
        assert self.host.process.poll() is None, self.host.log.read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.host.metrics_port}/healthz", timeout=10) as answer:
            assert answer.status == 200
        answer = health_pb2_grpc.HealthStub(self.channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING

    def check_everything(self):
        """What was acknowledged is there, and nothing else is."""
        ids, token = [], ""
        while True:
            page = self.stub.ListWorkers(
                self.messages.ListWorkersRequest(area_code="410304", page_size=1000, page_token=token), timeout=30)
            ids += [worker.id for worker in page.workers]
            token = page.next_page_token
            if not token:
                break
        assert sorted(ids) == sorted(reply.worker.id for reply in self.acknowledged.values())
        for index in list(self.acknowledged)[:20]:
            found = self.stub.FindWorker(
                self.messages.FindWorkerRequest(phone=str(13_000_000_000 + index)), timeout=10)
            assert found.id == self.acknowledged[index].worker.id


@pytest.fixture
def client(disk, stubs):
    host = Host(disk.path / "data")
    # Log and token lie outside: the disk is the database's alone.
    host.token_file, host.log = disk.path.parent / "token", disk.path.parent / "log"
    client = Client(host.start(), stubs)
    client.make_area()
    yield client
    client.channel.close()
    host.kill()


def restart(client, stop):
    client.channel.close()
    stop()
    client.host.start()
    client.connect()


def test_writes_are_refused_and_reads_go_on_until_there_is_room_again(disk, client):
    disk.fill(leaving=3 << 20)
    refused = []

    def write(first):
        for index in range(first, first + 20_000):
            if not client.register(index):
                refused.append(index)
                return

    threads = [threading.Thread(target=write, args=(number * 100_000,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(refused) == 4 and len(client.acknowledged) > 20
    client.check_alive()
    client.check_everything()

    # A host that is killed now starts again on the full disk, and serves what it has.
    restart(client, client.host.kill)
    client.check_alive()
    client.check_everything()

    disk.empty()
    for index in refused:
        assert client.register(index), "the host did not notice that there is room again"
    restart(client, lambda: client.host.stop())
    client.check_everything()
    for index in refused:
        assert client.register(index)
    client.check_everything()


def test_the_disk_is_full_at_every_page_while_the_index_of_the_log_grows(disk, client):
    log = disk.path / "data" / "yizhan.db-wal"
    index = 0
    # Without a pause: a host that has nothing to do empties the log.
    while log.stat().st_size < (FIRST_INDEX_FRAMES - 60) * FRAME:
        assert client.register(index) and index < 20_000
        index += 1
    disk.fill()
    refusals, pages = 0, 0
    while log.stat().st_size <= (FIRST_INDEX_FRAMES + 8) * FRAME:
        if client.register(index):
            index += 1
        else:
            refusals += 1
            disk.give_back(PAGE)
            pages += 1
        assert pages < 400, "the log does not grow"
    print(f"{refusals} refusals, {index} workers")
    assert refusals > 20
    client.check_alive()
    client.check_everything()
    disk.empty()
    assert client.register(index)
    restart(client, client.host.kill)
    client.check_everything()
