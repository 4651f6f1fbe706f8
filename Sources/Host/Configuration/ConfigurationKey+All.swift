import RPCTransport

extension ConfigurationKey {
  /// The keys by which a host is deployed: with one of them given, a host is not merely tried out.
  static let ofDeployment: Set<String> = Set(
    [
      data, development, hostKeyFile, hostKeyCommand, listen, insecureListenAnywhere, tlsCertificateFile,
      tlsKeyFile,
      tlsClientCertificates, tlsClientAuthorityFile, tlsRevocationListFile,
    ].map(\.name))

  static let data = ConfigurationKey(
    "data", .path, default: "./yizhan-data",
    "The data directory: database, lock and, unless --config names another, yizhan.json. Made if missing. Under"
      + " systemd with StateDirectory= it is that directory.")
  static let development = ConfigurationKey(
    "development", .flag, default: "false",
    "For trying things out without real people's data: unless keys are given, the host makes one for itself, beside"
      + " the data that it protects. Elsewhere the host does not start without a key. It is true by default as long as"
      + " none of data, listen, host-key-…, tls-… and insecure-… is given.")
  static let hostKeyFile = ConfigurationKey(
    "host-key-file", .path, default: "none",
    "The file with the host's keys, readable by its owner only: a line of id and base64 for each, the current one"
      + " first. They may stand in the environment variable YIZHAN_HOST_KEY instead.")
  static let hostKeyCommand = ConfigurationKey(
    "host-key-command", .command, default: "none",
    "A command that prints the lines of a host-key-file, run by /bin/sh: the client of a key management service."
  )
  static let listen = ConfigurationKey(
    "listen", .address(orOff: false), default: "127.0.0.1:7040",
    "Where gRPC calls are served, as HTTP/2: on any address with TLS, on loopback only without. Port 0 takes a free"
      + " one.")
  static let metrics = ConfigurationKey(
    "metrics", .address(orOff: true), default: "127.0.0.1:7041",
    "Where /metrics (Prometheus text) and /healthz are served over HTTP/1.1. It needs no token, so on loopback only,"
      + " unless insecure-listen-anywhere allows more."
  )
  static let insecureListenAnywhere = ConfigurationKey(
    "insecure-listen-anywhere", .flag, default: "false",
    "Allows listen without TLS, and metrics, on addresses that other machines reach. Tokens and personal data then"
      + " cross the network in the clear: only behind a proxy that ends TLS, or on a network of this machine alone."
  )
  static let tlsCertificateFile = ConfigurationKey(
    "tls-certificate-file", .path, default: "none",
    "The server's certificate in PEM, then those between it and its authority. With it, calls are served over TLS 1.2"
      + " or later alone. A new file is taken up within seconds, or at once on SIGHUP; none is for no TLS.")
  static let tlsKeyFile = ConfigurationKey(
    "tls-key-file", .path, default: "none",
    "The private key of that certificate in PEM, without a passphrase, readable by the host's user alone.")
  static let tlsClientCertificates = ConfigurationKey(
    "tls-client-certificates", .choice(ClientCertificates.allCases.map(\.rawValue)), default: "off",
    "Whether clients show a certificate of their own: not asked for, checked where one is shown, or no connection"
      + " without one.")
  static let tlsClientAuthorityFile = ConfigurationKey(
    "tls-client-authority-file", .path, default: "none",
    "The certificates, in PEM, of the authorities that issue the clients' certificates.")
  static let tlsRevocationListFile = ConfigurationKey(
    "tls-revocation-list-file", .path, default: "none",
    "Lists (CRL) of the client certificates that those authorities have revoked, in PEM, or one in DER. A client on a"
      + " new list is refused, and its open connections are ended.")
  static let logLevel = ConfigurationKey(
    "log-level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
    default: "info",
    "The least serious lines that are logged. debug has a line for each call.")
  static let slowCallMilliseconds = ConfigurationKey(
    "slow-call-milliseconds", .whole(1...3_600_000), default: "1000",
    "A call that takes longer is logged as a warning.")

  static let loops = ConfigurationKey(
    "loops", .whole(1...64), default: "1",
    "Threads that serve connections. One serves tens of thousands of calls a second; more help from four cores on."
  )
  static let reportThreads = ConfigurationKey(
    "report-threads", .whole(1...64), default: "2",
    "Threads that run reports and the reads of streams, each with a read connection of its own.")
  static let reportQueue = ConfigurationKey(
    "report-queue", .whole(1...100_000), default: "1000",
    "Reports that may wait for a thread; further ones are refused with RESOURCE_EXHAUSTED.")
  static let writeQueue = ConfigurationKey(
    "write-queue", .whole(16...1_000_000), default: "20000",
    "Writes that may wait for a commit; further ones are refused with RESOURCE_EXHAUSTED.")
  static let writeQueueSizeBytes = ConfigurationKey(
    "write-queue-size-bytes", .whole(1_048_576...4_294_967_296), default: "67108864",
    "The memory that waiting writes may hold; further ones are refused with RESOURCE_EXHAUSTED.")
  static let writesPerCommit = ConfigurationKey(
    "writes-per-commit", .whole(1...10_000), default: "512",
    "Writes that share one commit at most.")

  static let writerCacheSizeBytes = ConfigurationKey(
    "writer-cache-size-bytes", .whole(1_048_576...8_589_934_592), default: "33554432",
    "The database pages that the writer keeps in memory.")
  static let readerCacheSizeBytes = ConfigurationKey(
    "reader-cache-size-bytes", .whole(1_048_576...8_589_934_592), default: "8388608",
    "The database pages that each loop and each report thread keeps in memory.")
  static let walCheckpointSizeBytes = ConfigurationKey(
    "wal-checkpoint-size-bytes", .whole(1_048_576...1_073_741_824), default: "16777216",
    "From this size on the write-ahead log is copied into the database although writes wait.")
  static let walRestartSizeBytes = ConfigurationKey(
    "wal-restart-size-bytes", .whole(2_097_152...4_294_967_296), default: "41943040",
    "From this size on the writer waits shortly for readers, so that the write-ahead log can start over.")

  static let connections = ConfigurationKey(
    "connections", .whole(1...100_000), default: "4096",
    "Connections served at once; further ones are closed at once.")
  static let streamsPerConnection = ConfigurationKey(
    "streams-per-connection", .whole(1...10_000), default: "256",
    "Calls that may be open at once on one connection.")
  static let messageSizeBytes = ConfigurationKey(
    "message-size-bytes", .whole(1_024...67_108_864), default: "4194304",
    "The largest message taken; a longer one is refused with RESOURCE_EXHAUSTED.")
  static let metadataSizeBytes = ConfigurationKey(
    "metadata-size-bytes", .whole(1_024...65_536), default: "8192",
    "The most metadata of one call: name, value and 32 bytes for each field.")
  static let decodedSizeBytes = ConfigurationKey(
    "decoded-size-bytes", .whole(1_048_576...1_073_741_824), default: "67108864",
    "The most memory that decoding one message may take.")

  static let bufferedSizeBytes = ConfigurationKey(
    "buffered-size-bytes", .whole(1_048_576...1_073_741_824), default: "67108864",
    "The unfinished messages that one connection may have waiting.")
  static let handshakeMilliseconds = ConfigurationKey(
    "handshake-milliseconds", .whole(100...600_000), default: "10000",
    "How long a new connection may take until its HTTP/2 settings are agreed.")
  static let bodyMilliseconds = ConfigurationKey(
    "body-milliseconds", .whole(100...3_600_000), default: "60000",
    "How long the message of a call may take to arrive.")
  static let stallMilliseconds = ConfigurationKey(
    "stall-milliseconds", .whole(100...3_600_000), default: "60000",
    "How long a client may leave a reply lying.")
  static let idleSeconds = ConfigurationKey(
    "idle-seconds", .whole(1...86_400), default: "900",
    "How long a connection without calls is kept.")
  static let keepaliveSeconds = ConfigurationKey(
    "keepalive-seconds", .whole(1...86_400), default: "120",
    "After how much silence a client with open calls is asked whether it is still there.")
  static let connectionAgeSeconds = ConfigurationKey(
    "connection-age-seconds", .whole(0...604_800), default: "0",
    "After how long, give or take a tenth, a client is asked to connect anew, so that clients spread over the hosts"
      + " behind one name; its calls are finished first. 0 for never.")

  static let readDeadlineMilliseconds = ConfigurationKey(
    "read-deadline-milliseconds", .whole(1...600_000), default: "5000",
    "How long a READ may take when its caller sets no deadline, and at most.")
  static let reportDeadlineMilliseconds = ConfigurationKey(
    "report-deadline-milliseconds", .whole(1...3_600_000), default: "30000",
    "How long a REPORT may take when its caller sets no deadline, and at most: long snapshots keep the log from"
      + " being cut.")
  static let writeDeadlineMilliseconds = ConfigurationKey(
    "write-deadline-milliseconds", .whole(1...600_000), default: "10000",
    "How long a WRITE may take when its caller sets no deadline, and at most.")
  static let drainMilliseconds = ConfigurationKey(
    "drain-milliseconds", .whole(0...600_000), default: "20000",
    "How long a host that stops waits for calls that it has accepted.")

  static let tokenCacheMilliseconds = ConfigurationKey(
    "token-cache-milliseconds", .whole(0...600_000), default: "10000",
    "How long a checked token is taken without looking it up again. A revoked one is refused at once all the same."
  )
  static let tokenLifetimeDays = ConfigurationKey(
    "token-lifetime-days", .whole(1...3_650), default: "365",
    "How long a token holds that is made without a time of expiry.")
  static let idempotencyRetentionHours = ConfigurationKey(
    "idempotency-retention-hours", .whole(1...8_760), default: "168",
    "How long the reply of a write with an idempotency key is kept and repeated.")

  /// Every key of the host, in the order in which `yizhand config` prints them.
  public static let all: [ConfigurationKey] =
    [
      data, development, hostKeyFile, hostKeyCommand, listen, metrics,
      insecureListenAnywhere, tlsCertificateFile, tlsKeyFile, tlsClientCertificates, tlsClientAuthorityFile,
      tlsRevocationListFile, logLevel, slowCallMilliseconds,
      loops, reportThreads, reportQueue, writeQueue, writeQueueSizeBytes, writesPerCommit,
      writerCacheSizeBytes, readerCacheSizeBytes, walCheckpointSizeBytes, walRestartSizeBytes,
      connections, streamsPerConnection, messageSizeBytes, metadataSizeBytes, decodedSizeBytes,
      bufferedSizeBytes,
      handshakeMilliseconds, bodyMilliseconds, stallMilliseconds, idleSeconds, keepaliveSeconds,
      connectionAgeSeconds,
      readDeadlineMilliseconds, reportDeadlineMilliseconds, writeDeadlineMilliseconds, drainMilliseconds,
      tokenCacheMilliseconds, tokenLifetimeDays, idempotencyRetentionHours,
    ] + limits

  static func named(_ name: String) -> ConfigurationKey? { all.first { $0.name == name } }

  /// The key whose name is nearest to a mistyped one, if any is near.
  static func nearest(to name: String) -> ConfigurationKey? {
    let folded = name.lowercased().replacing("_", with: "-")
    let ranked = all.map { (key: $0, distance: EditDistance.between(folded, $0.name)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, best.key.name.count / 3) ? best.key : nil
  }
}
