import RPCTransport

/// A channel to HOST:PORT with a token.
func connect(_ address: String, token: String) throws -> GRPCClient {
  let parts = address.split(separator: ":")
  guard parts.count == 2, let port = Int(parts[1]) else { throw AddressError(address: address) }
  return GRPCClient(GRPCClientConfiguration(host: String(parts[0]), port: port, token: token))
}

struct AddressError: Error {
  let address: String
}
