import HTTP2
import NIOCore
import RPC
import Synchronization

/// What the connections of one event loop share.
final class ServerLoop: Sendable {
  let index: Int
  let eventLoop: any EventLoop
  let inbox: LoopInbox
  let executor: LoopTaskExecutor
  let handler: any CallHandler
  let methods: MethodTable
  let connections: ConnectionSet
  /// For the loop's connections, which touch it on the loop's thread alone; that makes sharing the reference safe.
  nonisolated(unsafe) let memory = HTTP2Memory()
  /// Streaming handlers that have not returned. The loop must outlive them: their tasks run on it.
  let runningStreams = Atomic<Int>(0)

  init(index: Int, eventLoop: any EventLoop, handler: any CallHandler) {
    self.index = index
    self.eventLoop = eventLoop
    self.handler = handler
    methods = handler.methods
    connections = ConnectionSet(eventLoop)
    inbox = LoopInbox(eventLoop)
    executor = LoopTaskExecutor(eventLoop)
  }
}
