"""A Python grpcio server with a constant reply, for comparison: `grpcio_server.py STUBS PORT`."""

import sys
from concurrent import futures

sys.path.insert(0, sys.argv[1])

import grpc
from yizhan.workers.v1 import worker_pb2, worker_service_pb2_grpc

REPLY = worker_pb2.Worker(
    id="01890a5d-ac96-774b-bcce-b302099a8057", name="张三", phone="+8613800000000", area_code="410304")


class Constant(worker_service_pb2_grpc.WorkerServiceServicer):
    def GetWorker(self, request, context):
        return REPLY


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
worker_service_pb2_grpc.add_WorkerServiceServicer_to_server(Constant(), server)
server.add_insecure_port(f"127.0.0.1:{sys.argv[2]}")
server.start()
server.wait_for_termination()
