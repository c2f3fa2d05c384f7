#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whether memory can be had, asked before it is taken: what cannot be had ends the process, here or by the kernel.
enum FreeMemory {
  /// Less than this is taken without asking.
  private static let small = 32 << 20

  /// Makes sure that a tensor has room.
  /// - Throws: ``CheckpointError/Code/system`` with what is missing.
  static func check(_ byteCount: Int) throws {
    guard byteCount >= small, let (free, limit) = available(), byteCount > free else { return }
    throw CheckpointError(
      .system,
      "a tensor needs \(ByteCount.text(byteCount)) of memory, and \(ByteCount.text(max(0, free))) are left (\(limit)); use "
        + "a machine with more")
  }

  /// The bytes that can still be had, and what says so; `nil` when nobody does.
  private static func available() -> (byteCount: Int, limit: String)? {
    var limits: [(byteCount: Int, limit: String)] = []
    #if os(Linux)
      if let free = field("MemAvailable", in: "/proc/meminfo") {
        limits.append((free + (field("SwapFree", in: "/proc/meminfo") ?? 0), "of the machine"))
      }
      var space = rlimit()
      if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &space) == 0, space.rlim_cur != rlim_t.max,
        let used = field("VmSize", in: "/proc/self/status")
      {
        // Something is needed beside the tensor itself.
        limits.append((Int(clamping: space.rlim_cur) - used - (16 << 20), "ulimit -v"))
      }
      if let most = number("/sys/fs/cgroup/memory.max"), let used = number("/sys/fs/cgroup/memory.current") {
        limits.append(
          (most - used + (field("inactive_file", in: "/sys/fs/cgroup/memory.stat") ?? 0), "of the container"))
      }
    #endif
    return limits.min { $0.byteCount < $1.byteCount }
  }

  #if os(Linux)
    /// The number behind a word at the start of a line; in bytes where the line says `kB`.
    private static func field(_ name: String, in path: String) -> Int? {
      guard let text = text(path) else { return nil }
      let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") || $0.hasPrefix(name + " ") }
      let words = line?.split { $0 == " " || $0 == "\t" || $0 == ":" } ?? []
      guard words.count >= 2, let number = Int(words[1]) else { return nil }
      return words.count > 2 && words[2] == "kB" ? number << 10 : number
    }

    /// A file that is a number; `nil` for any other, such as one that says `max`.
    private static func number(_ path: String) -> Int? {
      text(path).flatMap { Int($0.prefix { $0.isNumber }) }
    }

    private static func text(_ path: String) -> String? {
      guard let file = try? OpenFile(path, .read), let bytes = try? file.prefix(8192) else { return nil }
      return String(decoding: bytes, as: UTF8.self)
    }
  #endif
}
