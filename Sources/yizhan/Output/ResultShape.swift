import Wire

/// What a reply holds that people want to see: one thing, or a page of things.
enum ResultShape {
  /// The reply itself.
  case object
  /// The elements of a repeated field.
  case rows(FieldSchema)

  init(_ method: MethodSchema, in schema: Schema) {
    let reply = schema.messages[method.outputIndex]
    let lists = reply.fields.filter { $0.isRepeated && !$0.isMap && schema.message(of: $0) != nil }
    let isPage = reply.field(named: "next_page_token") != nil || Words.split(method.name).first == "list"
    if !method.isServerStreaming, isPage, let rows = lists.first {
      self = .rows(rows)
    } else {
      self = .object
    }
  }
}

/// How a List method is asked for its next page.
struct Paging {
  let pageToken: FieldSchema
  let nextPageToken: FieldSchema

  init?(_ method: MethodSchema, in schema: Schema) {
    let request = schema.messages[method.inputIndex]
    let reply = schema.messages[method.outputIndex]
    guard !method.isServerStreaming, !method.isClientStreaming,
      let pageToken = request.field(named: "page_token"), pageToken.kind == .string,
      let nextPageToken = reply.field(named: "next_page_token"), nextPageToken.kind == .string
    else { return nil }
    self.pageToken = pageToken
    self.nextPageToken = nextPageToken
  }

  /// The token of the page behind a reply; nil on the last page.
  func next(_ reply: DynamicMessage) -> String? {
    if case .string(let token)? = reply[nextPageToken], !token.isEmpty { return token }
    return nil
  }
}
