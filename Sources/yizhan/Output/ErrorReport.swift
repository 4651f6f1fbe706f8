import RPC
import RPCTransport
import Wire

/// Tells people what went wrong and what to do about it, on standard error.
struct ErrorReport {
  /// The reason of a host that refuses a call for want of a role. Other refusals are not mended by a role.
  private static let roleMissing = "ROLE_MISSING"

  let console: any Console
  let prefersChinese: Bool

  /// Reports an error of any kind and says how the program ends.
  /// - Parameters:
  ///   - server: where the call went, if one was made.
  ///   - command: the command that made it, for the roles it needs.
  func report(_ error: any Error, server: Endpoint?, hasToken: Bool, command: CallCommand? = nil) -> ExitCode
  {
    switch error {
    case let error as UsageError:
      line(error.message, hint: error.hint)
      return .usage
    case let error as OutputError:
      line(error.message, hint: error.hint)
      return .outputFailed
    case is CancellationError:
      line(prefersChinese ? "已中断" : "interrupted")
      return .interrupted
    case let status as Status:
      report(status, server: server ?? .local, hasToken: hasToken, command: command)
      return Self.exitCode(status.code)
    case let error as SchemaError:
      line("the server describes its services in a way this program does not understand: \(error)")
      return .callFailed
    case let error as DecodingError:
      line("the server's answer cannot be read: \(error)")
      return .callFailed
    default:
      line(String(describing: error))
      return .callFailed
    }
  }

  private func line(_ message: String, hint: String = "") {
    console.errorLine("yizhan: " + DisplayWidth.safe(message))
    if !hint.isEmpty { console.errorLine("  " + DisplayWidth.safe(hint)) }
  }

  static func exitCode(_ code: Status.Code) -> ExitCode {
    switch code {
    case .ok: .ok
    case .unavailable: .unavailable
    case .unauthenticated, .permissionDenied: .permission
    case .cancelled: .interrupted
    default: .callFailed
    }
  }

  private func report(_ status: Status, server: Endpoint, hasToken: Bool, command: CallCommand?) {
    let message = prefersChinese && !status.messageChinese.isEmpty ? status.messageChinese : status.message
    console.errorLine("yizhan: \(Self.name(status.code)): \(DisplayWidth.safe(message))")
    if !status.reason.isEmpty {
      let domain = status.domain.isEmpty ? "" : " (\(status.domain))"
      console.errorLine(
        "  " + (prefersChinese ? "原因代码：" : "reason: ") + DisplayWidth.safe(status.reason + domain))
    }
    for (key, value) in status.metadata.sorted(by: { $0.key < $1.key }) {
      console.errorLine("  \(DisplayWidth.safe(key)): \(DisplayWidth.safe(value))")
    }
    for violation in status.violations {
      let text =
        prefersChinese && !violation.descriptionChinese.isEmpty
        ? violation.descriptionChinese : violation.description
      let reason = violation.reason.isEmpty ? "" : " [\(violation.reason)]"
      console.errorLine(
        "  --\(Words.option(DisplayWidth.safe(violation.field))): \(DisplayWidth.safe(text + reason))")
    }
    if let advice = advice(status, server, hasToken, command) { console.errorLine("  " + advice) }
  }

  /// What the caller can do; nil where the message has to say it.
  private func advice(_ status: Status, _ server: Endpoint, _ hasToken: Bool, _ command: CallCommand?)
    -> String?
  {
    switch status.code {
    case .unavailable where status.domain == ClientTLSReason.domain:
      return TLSAdvice.text(reason: status.reason, server: server, prefersChinese: prefersChinese)
    case .unavailable where status.reason.isEmpty:
      // What has a reason was said by a server, and says itself what to do.
      let address = server.address
      return prefersChinese
        ? "服务器 \(server) 在运行吗？启动：yizhand serve --host-key-file FILE --listen \(address)（试用：--development）；换一台：--server HOST:PORT"
        : "Is a server running at \(server)? Start one with \"yizhand serve --host-key-file FILE --listen "
          + "\(address)\" (to try things out: --development), or name another with --server HOST:PORT."
    case .unauthenticated where hasToken:
      return prefersChinese
        ? "服务器不接受这个令牌。请向管理员索取新的，然后：yizhan login --server \(server)"
        : "The server refuses this token. Ask an administrator for a new one, then: "
          + "yizhan login --server \(server)"
    case .unauthenticated:
      return prefersChinese
        ? "请登录：yizhan login --server \(server)，或设置 YIZHAN_TOKEN"
        : "Log in with \"yizhan login --server \(server)\", or set YIZHAN_TOKEN."
    case .permissionDenied where status.reason == Self.roleMissing:
      guard let roles = command?.method.roles, !roles.isEmpty else { return nil }
      let names = roles.joined(separator: ", ")
      return prefersChinese
        ? "需要的角色：\(names) 或 ADMINISTRATOR" : "It takes one of the roles \(names), or ADMINISTRATOR."
    case .deadlineExceeded:
      return prefersChinese ? "可以等久一点：--timeout 2m" : "Wait longer with --timeout 2m."
    case .aborted:
      return prefersChinese
        ? "期间有人改过。请重新读取，再用新的 --etag 试一次"
        : "Somebody changed it meanwhile: read it again and repeat with the new --etag."
    case .unimplemented:
      return prefersChinese
        ? "服务器 \(server) 没有这个服务；看看有什么：yizhan modules"
        : "The server at \(server) does not serve this; see: yizhan modules"
    default: return nil
    }
  }

  /// A code as the gRPC documentation spells it: "FAILED_PRECONDITION".
  static func name(_ code: Status.Code) -> String {
    code == .internalError ? "INTERNAL" : Words.split("\(code)").joined(separator: "_").uppercased()
  }
}
