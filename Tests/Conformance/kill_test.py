"""kill -9 of the whole host under load: what was acknowledged is there, once; what was not may be retried.

The long form: YIZHAN_KILL_CYCLES=1000 python -m pytest Tests/Conformance/kill_test.py"""

import os
import random
import threading
import time

import grpc

CYCLES = int(os.environ.get("YIZHAN_KILL_CYCLES", "5"))
SEED = int(os.environ.get("YIZHAN_SEED", str(random.SystemRandom().randrange(1 << 32))))
CLIENTS = 4


class Writer(threading.Thread):
    """Registers workers one after the other, each with a key of its own, until the host is gone."""

    def __init__(self, host, services, messages, number, cycle):
        super().__init__(daemon=True)
        self.messages = messages
        self.channel = host.channel(options=[("grpc.enable_retries", 0)])
        self.stub = services.WorkerServiceStub(self.channel)
        self.prefix = f"{cycle}-{number}-"
        self.first_phone = 13_000_000_000 + (cycle * CLIENTS + number) * 100_000
        self.acknowledged = {}
        self.uncertain = None

    def request(self, index):
        return self.messages.RegisterWorkerRequest(
            name="张三", phone=str(self.first_phone + index), area_code="410304")

    def call(self, index):
        return self.stub.RegisterWorker(
            self.request(index), metadata=[("idempotency-key", self.prefix + str(index))], timeout=10)

    def run(self):
        for index in range(100_000):
            try:
                self.acknowledged[index] = self.call(index)
            except grpc.RpcError as error:
                assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED), error
                self.uncertain = index
                return


def count(stub, messages):
    """How many workers the register lists, page by page."""
    total, token = 0, ""
    while True:
        page = stub.ListWorkers(
            messages.ListWorkersRequest(area_code="410304", page_size=1000, page_token=token), timeout=30)
        total, token = total + len(page.workers), page.next_page_token
        if not token:
            return total


def test_what_was_acknowledged_survives_and_happened_once(new_host, stubs):
    print(f"seed {SEED}")
    randomness = random.Random(SEED)
    areas, area_services = stubs.load("yizhan.workers.v1.area")
    messages, services = stubs.load("yizhan.workers.v1.worker_service")
    host = new_host("kill")
    with host.channel() as channel:
        for code, name in (("410000", "河南省"), ("410300", "洛阳市"), ("410304", "瀍河回族区")):
            area_services.AreaServiceStub(channel).CreateArea(areas.CreateAreaRequest(code=code, name=name), timeout=10)

    expected = 0
    for cycle in range(CYCLES):
        writers = [Writer(host, services, messages, number, cycle) for number in range(CLIENTS)]
        for writer in writers:
            writer.start()
        time.sleep(randomness.uniform(0.05, 0.6))
        host.kill()
        for writer in writers:
            writer.join(20)
            assert not writer.is_alive()
            writer.channel.close()
        host.start()

        with host.channel() as channel:
            stub = services.WorkerServiceStub(channel)
            for writer in writers:
                writer.stub = stub
                for index, reply in writer.acknowledged.items():
                    found = stub.FindWorker(
                        messages.FindWorkerRequest(phone=str(writer.first_phone + index)), timeout=10)
                    assert found.id == reply.worker.id, "an acknowledged worker is lost or another"
                # The same key again: the same reply if it had happened, the first effect if it had not.
                if writer.acknowledged:
                    last = max(writer.acknowledged)
                    assert writer.call(last) == writer.acknowledged[last]
                assert writer.uncertain is not None
                assert writer.call(writer.uncertain).worker.id
                expected += len(writer.acknowledged) + 1
            assert count(stub, messages) == expected, "a worker is there twice, or one that nobody asked for"
    print(f"{CYCLES} cycles, {expected} workers")
    assert expected > CYCLES * CLIENTS
