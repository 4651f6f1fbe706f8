/// The prefix of a message on a gRPC stream: a flag byte (1 for compressed) and the length, four bytes big-endian.
public enum MessageFraming {
  /// Flag and length.
  public static let prefixSizeBytes = 5

  /// Writes the length of a message that was appended behind `prefixSizeBytes` zero bytes at `start`.
  @inlinable
  public static func setLength(of output: inout [UInt8], at start: Int) {
    let length = UInt32(output.count - start - prefixSizeBytes)
    output[start + 1] = UInt8(truncatingIfNeeded: length >> 24)
    output[start + 2] = UInt8(truncatingIfNeeded: length >> 16)
    output[start + 3] = UInt8(truncatingIfNeeded: length >> 8)
    output[start + 4] = UInt8(truncatingIfNeeded: length)
  }
}
