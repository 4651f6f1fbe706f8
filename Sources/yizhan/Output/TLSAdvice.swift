import RPCTransport

/// What a caller can do where TLS did not come about.
enum TLSAdvice {
  /// One line; nil where the message has to say it.
  static func text(reason: String, server: Endpoint, prefersChinese: Bool) -> String? {
    guard let (english, chinese) = texts(reason, server) else { return nil }
    return prefersChinese ? chinese : english
  }

  private static func texts(_ reason: String, _ server: Endpoint) -> (english: String, chinese: String)? {
    switch reason {
    case ClientTLSReason.authorityUnknown:
      (
        "If the server has an authority of its own, name the file of its certificate: --ca-file FILE, or "
          + "YIZHAN_CA_FILE.",
        "若服务器使用自建的证书机构，请指定其证书文件：--ca-file FILE，或 YIZHAN_CA_FILE"
      )
    case ClientTLSReason.certificateExpired:
      (
        "Have the server's operator renew it; if the date looks wrong, check this machine's clock.",
        "请联系服务器运维人员更新证书；若日期有误，请检查本机时钟"
      )
    case ClientTLSReason.nameMismatch:
      (
        "Call the server by a name that its certificate has: --server https://NAME:\(server.port)",
        "请使用证书中的名称：--server https://NAME:\(server.port)"
      )
    case ClientTLSReason.notSpoken:
      (
        "To call it without TLS, leave https:// away: --server \(server.address)",
        "如不使用 TLS，请去掉 https://：--server \(server.address)"
      )
    case ClientTLSReason.required:
      ("Use https: --server https://\(server.address)", "请使用 https：--server https://\(server.address)")
    case ClientTLSReason.clientCertificateRequired:
      (
        "Show one: --client-certificate FILE --client-key FILE",
        "请出示客户端证书：--client-certificate FILE --client-key FILE"
      )
    case ClientTLSReason.clientCertificateRefused:
      (
        "It may have expired, be revoked, or come from another authority; ask the server's operator for a new one.",
        "证书可能已过期、已吊销或来自其他机构；请向服务器运维人员申请新证书"
      )
    default: nil
    }
  }
}
