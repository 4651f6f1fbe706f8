import RPCTransport
import Synchronization

extension MetricsPage {
  static func append(
    _ status: ServerTLSStatus, _ counters: TLSCounters, nowSeconds: Int64, to text: inout PrometheusText
  ) {
    text.single(
      "yizhan_tls_certificate_expiry_seconds", "gauge",
      "Until the server's certificate expires; negative afterwards.",
      "\(status.notAfterSeconds - nowSeconds)")
    if let next = status.listNextUpdateSeconds {
      text.single(
        "yizhan_tls_revocation_list_expiry_seconds", "gauge",
        "Until the revocation list should be replaced; negative afterwards.", "\(next - nowSeconds)")
    }
    text.single(
      "yizhan_tls_revoked_certificates", "gauge", "Client certificates on the revocation list.",
      "\(status.revokedCount)")
    text.metric("yizhan_tls_handshakes_total", "counter", "TLS handshakes that ended, by outcome.")
    let identified = counters.identified.load(ordering: .relaxed)
    for (outcome, count) in [
      ("identified", identified),
      ("anonymous", max(0, counters.connected.load(ordering: .relaxed) - identified)),
      ("refused", counters.refused.load(ordering: .relaxed)),
    ] {
      text.sample("yizhan_tls_handshakes_total", [("outcome", outcome)], "\(count)")
    }
    text.metric("yizhan_tls_reloads_total", "counter", "How often the TLS files were read again, by outcome.")
    for (outcome, count) in [
      ("succeeded", counters.reloaded.load(ordering: .relaxed)),
      ("failed", counters.reloadsFailed.load(ordering: .relaxed)),
    ] {
      text.sample("yizhan_tls_reloads_total", [("outcome", outcome)], "\(count)")
    }
    text.single(
      "yizhan_tls_connections_ended_total", "counter",
      "Connections ended because the client's certificate was no longer accepted.",
      "\(counters.ended.load(ordering: .relaxed))")
  }
}
