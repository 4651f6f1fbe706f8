import CProtobufC

/// Rewrites an encoded message so that no singular submessage occurs more than once.
///
/// Protobuf says that a submessage field which occurs again is merged with what was there, and that merging is the
/// same as joining the encodings. protobuf-c merges on its own terms: it refuses a submessage whose oneof is not
/// set, replaces a oneof's message, and loses an empty text that overrides another. Encoders do not write such
/// messages unless they join encodings, so that the arena only comes here when protobuf-c has dropped a message.
struct MessageMerger {
  /// A piece of the message to write.
  private enum Segment {
    /// Fields that are copied as they are.
    case raw(Range<Int>)
    /// A submessage, by the index of its run; written at the place of the run's last occurrence only.
    case run(Int)
  }

  /// The occurrences of a submessage that make one value.
  private struct Run {
    let field: UnsafePointer<ProtobufCFieldDescriptor>
    var occurrences: [Range<Int>]
    /// The index of the last occurrence's segment.
    var place: Int
  }

  private let arena: Arena

  init(_ arena: Arena) { self.arena = arena }

  /// The message with repeated occurrences joined; nil if there are none.
  /// - Throws: `DecodingError` when the bytes are malformed or the arena's budget is used up.
  func merge(
    _ bytes: [UInt8], _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) throws(DecodingError) -> [UInt8]? {
    var isChanged = false
    let merged = try rewrite(bytes[...], descriptor, &isChanged)
    return isChanged ? merged : nil
  }

  /// Descends as deep as the message type does, which is finite: ProtoGen refuses recursive types.
  private func rewrite(
    _ bytes: ArraySlice<UInt8>, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    _ isChanged: inout Bool
  ) throws(DecodingError) -> [UInt8] {
    let (segments, runs) = try split(bytes, descriptor)
    try arena.charge(bytes.count, of: 1)
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    for (place, segment) in segments.enumerated() {
      switch segment {
      case .raw(let range):
        output.append(contentsOf: bytes[range])
      case .run(let index):
        let run = runs[index]
        guard run.place == place,
          let type = run.field.pointee.descriptor?.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
        else { continue }
        let content: [UInt8]
        if run.occurrences.count == 1 {
          content = try rewrite(bytes[run.occurrences[0]], type, &isChanged)
        } else {
          isChanged = true
          let joined = run.occurrences.reduce(into: [UInt8]()) { $0 += bytes[$1] }
          content = try rewrite(joined[...], type, &isChanged)
        }
        WireFormat.appendVarint(UInt64(run.field.pointee.id) << 3 | 2, to: &output)
        WireFormat.appendVarint(UInt64(content.count), to: &output)
        output += content
      }
    }
    return output
  }

  private func split(
    _ bytes: ArraySlice<UInt8>, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) throws(DecodingError) -> ([Segment], [Run]) {
    var segments: [Segment] = []
    var runs: [Run] = []
    /// The run that another occurrence of a field would join, by the field's number.
    var open: [UInt32: Int] = [:]
    var offset = bytes.startIndex
    while offset < bytes.endIndex {
      let field = try WireFormat.field(bytes, at: offset)
      offset = field.all.upperBound
      let known = protobuf_c_message_descriptor_get_field(descriptor, field.number)
      if let known, Self.isOneofMember(known) {
        // Another member of the oneof ends what came before it.
        open = open.filter { number, run in
          number == field.number || !Self.isOneofMember(runs[run].field)
            || runs[run].field.pointee.quantifier_offset != known.pointee.quantifier_offset
        }
      }
      guard let known, known.pointee.type == PROTOBUF_C_TYPE_MESSAGE, field.wireType == 2 else {
        if case .raw(let before)? = segments.last {
          segments[segments.count - 1] = .raw(before.lowerBound..<field.all.upperBound)
        } else {
          segments.append(.raw(field.all))
        }
        continue
      }
      try arena.charge(2, of: MemoryLayout<Segment>.stride + MemoryLayout<Run>.stride)
      if let run = open[field.number] {
        runs[run].occurrences.append(field.payload)
        runs[run].place = segments.count
        segments.append(.run(run))
      } else {
        if known.pointee.label != PROTOBUF_C_LABEL_REPEATED { open[field.number] = runs.count }
        segments.append(.run(runs.count))
        runs.append(Run(field: known, occurrences: [field.payload], place: segments.count - 1))
      }
    }
    return (segments, runs)
  }

  private static func isOneofMember(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> Bool {
    field.pointee.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0
  }
}
