import ModuleKit

/// Serves `yizhan.privacy.v1.KeyService`.
struct KeyHandler: KeyServiceHandler {
  let vault: Vault
  let keeper: HostKeyKeeper

  /// How often a caller hears how far a rotation is, at the most; more often at first, because most are short.
  private static let longestPause: Duration = .seconds(1)

  func getKeyStatus(_ request: GetKeyStatusRequest, _ snapshot: Snapshot) throws -> KeyStatus {
    KeyStatus(try vault.keyStatus(in: snapshot))
  }

  func rotateKeys(
    _ request: RotateKeysRequest, _ responses: ResponseWriter<KeyStatus>, _ context: StreamContext
  ) async throws {
    do {
      try await keeper.reread(into: vault) { try await context.write($0) }
    } catch let error as HostKeyError {
      throw Refusal(
        .failedPrecondition, "HOST_KEYS_REFUSED", error.description,
        "主机密钥未被接受,仍使用原有密钥;原因见英文说明与主机日志"
      ).status(domain: "privacy.yizhan")
    }
    var pause: Duration = .milliseconds(10)
    while true {
      let status = try await context.read { [vault] in try vault.keyStatus(in: $0) }
      try await responses.send(KeyStatus(status))
      guard let rotation = status.rotation, rotation.finishedAt == nil else { return }
      try await Task.sleep(for: pause)
      pause = min(pause * 2, Self.longestPause)
    }
  }
}

extension KeyStatus {
  fileprivate init(_ status: HostKeyStatus) {
    self.init(
      keys: status.uses.map { use in
        HostKeyUse(
          id: use.id, current: use.isCurrent, present: use.isPresent, persons: Int64(use.persons),
          dataKeys: Int32(use.dataKeys), removable: !use.isCurrent && use.persons == 0 && use.dataKeys == 0,
          firstUseTime: use.firstUsedAt.map { ProtoTimestamp($0) })
      },
      personsLeft: Int64(status.personsLeft),
      rotation: status.rotation.map { rotation in
        KeyRotation(
          rewrapped: Int64(rotation.rewrapped), damaged: Int64(rotation.damaged),
          startTime: ProtoTimestamp(rotation.startedAt),
          endTime: rotation.finishedAt.map { ProtoTimestamp($0) })
      })
  }
}
