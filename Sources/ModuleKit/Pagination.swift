/// One page of a list: how many entries, after which key, and the token of the next page.
///
/// A list reads `limit + 1` entries in the order of its key, beginning after `cursor`, and leaves it to `cut` to
/// say whether there are more:
/// ```swift
/// let page = try Page(size: request.pageSize, token: request.pageToken, query: ["wishes", request.areaCode])
/// var wishes = try store.wishes(after: page.cursor.first ?? "", limit: page.limit + 1)
/// let next = page.cut(&wishes) { [$0.id] }
/// ```
/// A token carries the key and a hash of the query that it was made for. Its checksum tells damage and mix-ups,
/// not forgery: a forged token moves its bearer within a list whose every page checks access anew.
/// Source: AIP-158.
public struct Page: Sendable {
  /// Entries on a page when the request does not say.
  public static let defaultSize = 50
  /// Entries on a page at most; a larger request is reduced.
  public static let maximumSize = 1000
  /// Bytes of the entries on a page at most, where a list says how large they are. Clients of gRPC take messages of
  /// 4 MiB unless they are told otherwise; the rest is for what the estimate leaves out.
  /// Source: GRPC_DEFAULT_MAX_RECV_MESSAGE_LENGTH of gRPC's core.
  public static let maximumSizeBytes = 3 << 20
  /// Bytes of one part of a key at most.
  public static let maximumKeyPartBytes = 255

  /// Entries wanted.
  public let limit: Int
  /// The key of the last entry on the page before, in `keyCount` parts; empty for the first page.
  public let cursor: [String]
  private let queryHash: UInt64
  private let keyCount: Int

  /// Reads the page fields of a list request.
  /// - Parameters:
  ///   - size: `page_size`; 0 stands for 50, more than 1,000 for 1,000.
  ///   - token: `page_token`; empty for the first page.
  ///   - query: everything that decides which entries the list has and in which order, the caller's own limits
  ///     included. A token made for another query is refused.
  ///   - keyCount: the parts of the list's key, 1 to 8.
  /// - Throws: `Status` INVALID_ARGUMENT for a negative size, a damaged token or one of another query.
  public init(size: Int32, token: String, query: [String], keyCount: Int = 1) throws {
    precondition((1...8).contains(keyCount), "a list's key has 1 to 8 parts")
    guard size >= 0 else { throw Status(pageSize: size) }
    var hash = StableHash()
    for part in query { hash.combine(part) }
    queryHash = hash.value
    limit = size == 0 ? Page.defaultSize : min(Int(size), Page.maximumSize)
    self.keyCount = keyCount
    if token.isEmpty {
      cursor = []
      return
    }
    guard let content = PageToken(token), content.cursor.count == keyCount else {
      throw Status.pageTokenDamaged
    }
    guard content.queryHash == queryHash else {
      throw Status(
        pageToken:
          "the page token belongs to another query; keep all other fields as they were on the first page",
        chinese: "翻页标记属于另一个查询;翻页时其他条件须保持不变")
    }
    cursor = content.cursor
  }

  /// The first part of the cursor, for lists in the order of a number; nil on the first page.
  /// - Throws: `Status` INVALID_ARGUMENT for a token whose part is no number.
  public func cursorNumber() throws -> Int64? {
    guard let part = cursor.first else { return nil }
    guard let number = Int64(part) else { throw Status.pageTokenDamaged }
    return number
  }

  /// The token of the page that begins after an entry.
  /// - Parameter key: the entry's key, in `keyCount` parts of at most 255 bytes.
  public func nextToken(after key: [String]) -> String {
    precondition(key.count == keyCount, "the list's key has \(keyCount) parts, not \(key.count)")
    return PageToken(queryHash: queryHash, cursor: key).text
  }

  /// Cuts what was read, up to `limit + 1` entries, down to the page.
  /// - Returns: the token of the next page; empty if this is the last one.
  public func cut<Entry>(_ entries: inout [Entry], key: (Entry) -> [String]) -> String {
    guard entries.count > limit else { return "" }
    entries.removeSubrange(limit...)
    return nextToken(after: key(entries[limit - 1]))
  }

  /// Cuts what was read, up to `limit + 1` entries, down to the page and to `maximumSizeBytes`: for a list whose entries
  /// can be long. One entry stays in any case, so that the list goes on.
  /// - Parameter sizeBytes: how large an entry is in the reply, about; rather too large than too small.
  /// - Returns: the token of the next page; empty if this is the last one.
  public func cut<Entry>(
    _ entries: inout [Entry], sizeBytes: (Entry) -> Int, key: (Entry) -> [String]
  ) -> String {
    var room = Page.maximumSizeBytes
    var count = 0
    for entry in entries.prefix(limit) {
      room -= sizeBytes(entry)
      if room < 0, count > 0 { break }
      count += 1
    }
    guard entries.count > count else { return "" }
    entries.removeSubrange(count...)
    return nextToken(after: key(entries[count - 1]))
  }
}

/// The content of a page token: query hash, parts of the key, checksum over both, in base64url.
private struct PageToken {
  var queryHash: UInt64
  var cursor: [String]

  init(queryHash: UInt64, cursor: [String]) {
    self.queryHash = queryHash
    self.cursor = cursor
  }

  var text: String {
    var bytes = queryHash.bigEndianBytes
    for part in cursor {
      precondition(part.utf8.count <= Page.maximumKeyPartBytes, "a part of a list's key is too long")
      bytes.append(UInt8(part.utf8.count))
      bytes.append(contentsOf: part.utf8)
    }
    var hash = StableHash()
    hash.combine(bytes[...])
    bytes.append(contentsOf: hash.value.bigEndianBytes)
    return Base64.encode(bytes, .url, padded: false)
  }

  init?(_ text: String) {
    guard text.utf8.count <= 4096, let bytes = Base64.decode(text.utf8, .url), bytes.count > 16 else {
      return nil
    }
    let body = bytes.dropLast(8)
    var hash = StableHash()
    hash.combine(body)
    guard hash.value.bigEndianBytes == Array(bytes.suffix(8)) else { return nil }
    queryHash = body.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    cursor = []
    var rest = body.dropFirst(8)
    while let length = rest.popFirst() {
      guard rest.count >= length, let part = String(validating: rest.prefix(Int(length)), as: UTF8.self)
      else {
        return nil
      }
      cursor.append(part)
      rest = rest.dropFirst(Int(length))
    }
  }
}

extension UInt64 {
  fileprivate var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

/// FNV-1a of 64 bits with a final mix: the same in every process, which Swift's `Hasher` is not.
private struct StableHash {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func combine(_ bytes: ArraySlice<UInt8>) {
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
  }

  /// Combines a text and its length, so that neighbouring texts cannot run into each other.
  mutating func combine(_ text: String) {
    for byte in text.utf8 { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    combine(UInt64(text.utf8.count).bigEndianBytes[...])
  }

  var value: UInt64 {
    var mixed = state
    mixed = (mixed ^ (mixed >> 33)) &* 0xff51_afd7_ed55_8ccd
    mixed = (mixed ^ (mixed >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return mixed ^ (mixed >> 33)
  }
}

extension Status {
  fileprivate init(pageSize: Int32) {
    self = Refusal.invalid([
      FieldViolation(
        "page_size", "PAGE_SIZE_NEGATIVE", "is \(pageSize); it must not be negative",
        "为 \(pageSize),不能为负数")
    ]).status(domain: "yizhan")
  }

  fileprivate static let pageTokenDamaged = Status(
    pageToken: "this is not a page token of this server; send next_page_token as it came, or none",
    chinese: "不是本服务的翻页标记;请原样传回 next_page_token,或留空从头开始")

  fileprivate init(pageToken description: String, chinese: String) {
    self = Refusal.invalid([FieldViolation("page_token", "PAGE_TOKEN_INVALID", description, chinese)])
      .status(domain: "yizhan")
  }
}
