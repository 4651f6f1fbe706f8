/// What is wrong with an exported audit log, at the first place where anything is.
public enum AuditFault: Error, Equatable, Sendable {
  /// It does not begin as an exported audit log does.
  case notAnExport
  /// It is of a later form than this program knows.
  case versionUnknown(UInt8)
  /// What stands where this record should be cannot be read.
  case unreadable(sequence: Int64, offsetBytes: Int64)
  /// The file ends within or before this record, or before the head that should close it.
  case cut(sequence: Int64)
  /// The record is not there; another stands in its place.
  case missing(sequence: Int64, found: Int64)
  /// The record stands further back than it should; another stands in its place.
  case moved(sequence: Int64, found: Int64)
  /// The record stands once more, in the place of another.
  case repeated(sequence: Int64, inPlaceOf: Int64)
  /// The record's content does not give its hash: the record was changed, or the one before it was rewritten.
  case changed(sequence: Int64)
  /// The record's hash was changed; the next record shows that its content is as it was.
  case hashChanged(sequence: Int64)
  /// What says which record follows, and after which hash, does not fit to what comes before this record.
  case openingWrong(sequence: Int64)
  /// The name of a table or column was changed, before this record.
  case shapeChanged(sequence: Int64)
  /// A head has no valid signature.
  case headForged(sequence: Int64, isKept: Bool)
  /// A head was signed with another key than those that are trusted.
  case keyUnknown(sequence: Int64, keyID: String, isKept: Bool)
  /// A head in the file, behind this record, cannot be read.
  case headUnreadable(sequence: Int64)
  /// A head inside the file is not that of the record before it.
  case headWrong(sequence: Int64)
  /// A head that was kept says otherwise: records were rewritten from one behind `matching` on, up to this one.
  case rewritten(sequence: Int64, matching: Int64)
  /// The records end before the one that a head is of, a kept one or the file's own.
  case tailCut(end: Int64, kept: Int64)

  /// The first record that is wrong, or that should be where something is wrong; nil where the file is no log at all.
  public var sequence: Int64? {
    switch self {
    case .notAnExport, .versionUnknown: nil
    case .unreadable(let sequence, _), .cut(let sequence), .missing(let sequence, _), .moved(let sequence, _),
      .repeated(let sequence, _), .changed(let sequence), .hashChanged(let sequence),
      .openingWrong(let sequence),
      .shapeChanged(let sequence), .headForged(let sequence, _), .keyUnknown(let sequence, _, _),
      .headUnreadable(let sequence), .headWrong(let sequence), .rewritten(let sequence, _):
      sequence
    case .tailCut(let end, _): end + 1
    }
  }
}

extension AuditFault: CustomStringConvertible {
  /// One sentence for the auditor.
  public var description: String {
    switch self {
    case .notAnExport: "the file is not an exported audit log"
    case .versionUnknown(let version):
      "the file is an audit log of form \(version), which only a later program can read"
    case .unreadable(let sequence, let offset):
      "record \(sequence) cannot be read, from byte \(offset) of the file on"
    case .cut(let sequence):
      "the file is cut: it ends within record \(sequence) or before it, without the head that closes an export"
    case .missing(let sequence, let found):
      "record \(sequence) is missing: record \(found) stands in its place"
    case .moved(let sequence, let found):
      "the records are out of order: record \(found) stands before record \(sequence)"
    case .repeated(let sequence, let place):
      "record \(sequence) stands in the file once more, where record \(place) should be"
    case .changed(let sequence):
      sequence == 1
        ? "record 1 was changed: its content does not give its hash"
        : "record \(sequence) was changed, or record \(sequence - 1) was rewritten: its content does not give its hash"
    case .hashChanged(let sequence):
      "the hash of record \(sequence) was changed; its content is as record \(sequence + 1) says"
    case .openingWrong(let sequence): "what announces record \(sequence) does not fit to what comes before it"
    case .shapeChanged(let sequence):
      "the names of a table and its columns were changed, before record \(sequence)"
    case .headForged(let sequence, let isKept):
      "the signature of the \(isKept ? "kept head" : "file's head") of record \(sequence) is not valid"
    case .keyUnknown(let sequence, let keyID, let isKept):
      "the \(isKept ? "kept head" : "file's head") of record \(sequence) is signed with the key \(keyID), which is not"
        + " the one that is trusted"
    case .headUnreadable(let sequence): "the file's head behind record \(sequence) cannot be read"
    case .headWrong(let sequence):
      "the file's head of record \(sequence) does not fit to the records before it"
    case .rewritten(let sequence, let matching):
      "the log was rewritten: record \(sequence) is not the one that the kept head was signed for; the first changed"
        + " record is one of \(matching + 1) to \(sequence)"
    case .tailCut(let end, let kept):
      "the tail is cut: the file ends with record \(end), and there is a head of record \(kept)"
    }
  }

  /// The same in Chinese.
  public var descriptionChinese: String {
    switch self {
    case .notAnExport: "该文件不是导出的审计日志"
    case .versionUnknown(let version): "该文件是第 \(version) 版审计日志,需要更新的程序才能读取"
    case .unreadable(let sequence, let offset): "第 \(sequence) 条记录无法读取(自文件第 \(offset) 字节起)"
    case .cut(let sequence): "文件被截断:在第 \(sequence) 条记录之内或之前结束,缺少结尾的链头"
    case .missing(let sequence, let found): "第 \(sequence) 条记录缺失:其位置上是第 \(found) 条"
    case .moved(let sequence, let found): "记录顺序被打乱:第 \(found) 条排在第 \(sequence) 条之前"
    case .repeated(let sequence, let place): "第 \(sequence) 条记录重复出现在第 \(place) 条的位置"
    case .changed(let sequence):
      sequence == 1
        ? "第 1 条记录被改动:内容与哈希不符" : "第 \(sequence) 条记录被改动,或第 \(sequence - 1) 条被重写:内容与哈希不符"
    case .hashChanged(let sequence): "第 \(sequence) 条记录的哈希被改动;其内容与第 \(sequence + 1) 条相符"
    case .openingWrong(let sequence): "第 \(sequence) 条记录的起始信息与其前文不符"
    case .shapeChanged(let sequence): "第 \(sequence) 条记录之前的表名或列名被改动"
    case .headForged(let sequence, let isKept):
      "第 \(sequence) 条记录的\(isKept ? "留存链头" : "文件链头")签名无效"
    case .keyUnknown(let sequence, let keyID, let isKept):
      "第 \(sequence) 条记录的\(isKept ? "留存链头" : "文件链头")由不受信任的密钥 \(keyID) 签名"
    case .headUnreadable(let sequence): "第 \(sequence) 条记录之后的文件链头无法读取"
    case .headWrong(let sequence): "文件中第 \(sequence) 条记录的链头与其前面的记录不符"
    case .rewritten(let sequence, let matching):
      "日志被重写:第 \(sequence) 条记录与留存链头不符;最早被改动的是第 \(matching + 1) 至 \(sequence) 条之一"
    case .tailCut(let end, let kept): "尾部被截断:文件止于第 \(end) 条记录,而另有链头属于第 \(kept) 条"
    }
  }
}
