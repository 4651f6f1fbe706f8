import CNghttp2

extension HTTP2Headers {
  /// Hands the fields over in the form that nghttp2 takes them; it makes its own copies.
  func withNative<Result>(_ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result) -> Result {
    storage.withUnsafeBytes { bytes in
      withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: count) { native in
        var offset = 0
        for index in 0..<count {
          let (name, value) = Self.field(in: bytes, at: &offset)
          native.initializeElement(
            at: index,
            to: nghttp2_nv(
              name: UnsafeMutablePointer(mutating: name.baseAddress),
              value: UnsafeMutablePointer(mutating: value.baseAddress), namelen: name.count,
              valuelen: value.count, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
        }
        return body(UnsafePointer(native.baseAddress), count)
      }
    }
  }
}

/// Header fields that never change, in nghttp2's own form and sent without copying.
///
/// Made once and kept for the life of the process: the memory is never freed, since connections refer to it.
public final class HTTP2FixedHeaders: Sendable {
  /// Written in `init` only, and read by nghttp2, which does not change what it sends.
  nonisolated(unsafe) let fields: UnsafePointer<nghttp2_nv>
  let count: Int

  /// Creates fields from literals; the names are in lower case.
  public init(_ pairs: [(name: StaticString, value: StaticString)]) {
    let memory = UnsafeMutablePointer<nghttp2_nv>.allocate(capacity: pairs.count)
    for (index, pair) in pairs.enumerated() {
      (memory + index).initialize(
        to: nghttp2_nv(
          name: UnsafeMutablePointer(mutating: pair.name.utf8Start),
          value: UnsafeMutablePointer(mutating: pair.value.utf8Start),
          namelen: pair.name.utf8CodeUnitCount, valuelen: pair.value.utf8CodeUnitCount,
          flags: UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)))
    }
    fields = UnsafePointer(memory)
    count = pairs.count
  }
}
