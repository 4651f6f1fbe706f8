import Wire

/// A method that imports rows by the convention of Proto/yizhan/bulk/v1/bulk.proto: a stream of requests with
/// `import_id`, `dry_run`, `first_row` and `rows`.
struct BulkShape {
  /// The fields of the request that the import fills by itself.
  static let fieldNames: Set<String> = ["import_id", "dry_run", "first_row", "rows"]

  let importID: FieldSchema
  let dryRun: FieldSchema
  let firstRow: FieldSchema
  let rows: FieldSchema
  let rowType: MessageSchema
  /// Says how far an import got.
  let getImport: MethodSchema?
  /// Lists the row errors of an import.
  let listErrors: MethodSchema?

  init?(_ method: MethodSchema, service: ServiceSchema, in schema: Schema) {
    let request = schema.messages[method.inputIndex]
    guard method.isClientStreaming, !method.isServerStreaming,
      let importID = request.field(named: "import_id"), importID.kind == .string,
      let dryRun = request.field(named: "dry_run"), dryRun.kind == .bool,
      let firstRow = request.field(named: "first_row"), firstRow.kind == .int64,
      let rows = request.field(named: "rows"), rows.isRepeated, let rowType = schema.message(of: rows)
    else { return nil }
    self.importID = importID
    self.dryRun = dryRun
    self.firstRow = firstRow
    self.rows = rows
    self.rowType = rowType
    getImport = service.methods.first { candidate in
      candidate.name == "GetImport" && schema.messages[candidate.inputIndex].field(named: "import_id") != nil
    }
    listErrors = service.methods.first { candidate in
      candidate.name == "ListImportErrors"
        && schema.messages[candidate.inputIndex].field(named: "import_id") != nil
    }
  }
}
