import Glibc

/// What the kernel says of this process (proc(5)).
struct ProcessStatistics {
  /// Memory in use, in bytes.
  let residentBytes: UInt64
  /// Processor time used, user and system, in nanoseconds.
  let processorNanoseconds: UInt64
  /// Open file descriptors.
  let openFiles: Int

  static func now() -> ProcessStatistics {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let nanoseconds = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime)
    return ProcessStatistics(
      residentBytes: residentPages() * UInt64(sysconf(Int32(_SC_PAGESIZE))),
      processorNanoseconds: nanoseconds,
      openFiles: countOpenFiles())
  }

  private static func nanoseconds(_ time: timeval) -> UInt64 {
    UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1_000
  }

  /// The second field of /proc/self/statm.
  private static func residentPages() -> UInt64 {
    guard let file = fopen("/proc/self/statm", "re") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let fields = text.split(separator: " ")
    return fields.count > 1 ? UInt64(fields[1]) ?? 0 : 0
  }

  private static func countOpenFiles() -> Int {
    guard let directory = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return max(0, count - 3)  // ".", ".." and the directory itself
  }
}
