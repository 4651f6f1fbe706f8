internal import CSQLite

/// A placeholder of a statement, which a value binds itself to.
public struct BindingTarget {
  let statement: OpaquePointer
  let index: Int32
  unowned(unsafe) let scratch: BindingScratch

  func bindNull() { scratch.note(sqlite3_bind_null(statement, index)) }

  func bind(integer: Int64) { scratch.note(sqlite3_bind_int64(statement, index, integer)) }

  func bind(real: Double) { scratch.note(sqlite3_bind_double(statement, index, real)) }

  func bind(text: String) {
    // Nearly every text lies in one piece, and is read there without a copy that would have to be counted.
    if text.utf8.withContiguousStorageIfAvailable(bind(octets:)) != nil { return }
    var text = text
    text.withUTF8(bind(octets:))
  }

  private func bind(octets bytes: UnsafeBufferPointer<UInt8>) {
    let (start, destructor) = scratch.keep(UnsafeRawBufferPointer(bytes))
    scratch.note(
      sqlite3_bind_text64(
        statement, index, start.assumingMemoryBound(to: CChar.self), UInt64(bytes.count), destructor,
        UInt8(SQLITE_UTF8)))
  }

  func bind(blob: [UInt8]) {
    blob.withUnsafeBytes { bytes in
      let (start, destructor) = scratch.keep(bytes)
      scratch.note(sqlite3_bind_blob64(statement, index, start, UInt64(bytes.count), destructor))
    }
  }
}

/// Memory for bound text and blobs while their statement runs, so that SQLite need not allocate a copy of each.
///
/// Statements nest (one runs inside the walk over another), so it is a stack: each statement releases down to
/// its own mark.
final class BindingScratch {
  private static let sizeBytes = 64 << 10
  private let memory = UnsafeMutableRawPointer.allocate(byteCount: sizeBytes, alignment: 16)
  private(set) var mark = 0
  /// The first result code of a bind that was not SQLITE_OK.
  var failure = SQLITE_OK

  deinit { memory.deallocate() }

  func note(_ code: Int32) {
    if code != SQLITE_OK, failure == SQLITE_OK { failure = code }
  }

  func release(to mark: Int) { self.mark = mark }

  /// A place for the bytes: scratch memory that SQLite may point to, or, where they do not fit, themselves,
  /// for SQLite to copy at once. Never nil, because a nil pointer would bind NULL.
  func keep(_ bytes: UnsafeRawBufferPointer) -> (UnsafeRawPointer, sqlite3_destructor_type?) {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return (UnsafeRawPointer(memory), nil) }
    guard bytes.count <= Self.sizeBytes - mark else {
      // SQLITE_TRANSIENT, a macro that Swift does not import.
      return (start, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }
    let place = memory + mark
    place.copyMemory(from: start, byteCount: bytes.count)
    mark += bytes.count
    return (UnsafeRawPointer(place), nil)
  }
}
