import Glibc

/// Keeps keys out of the dump that the kernel writes of a process that crashes.
enum MemoryDumps {
  /// Takes private memory out of dumps (core(5), /proc/PID/coredump_filter), which also holds where a dump goes to a
  /// program and RLIMIT_CORE is not asked; and asks for none at all. PR_SET_DUMPABLE would do both, but closes
  /// /proc/self to the host's own metrics. Where a system allows neither, the host runs all the same.
  static func disable() {
    let file = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC)
    if file >= 0 {
      _ = write(file, "0", 1)
      close(file)
    }
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }
}
