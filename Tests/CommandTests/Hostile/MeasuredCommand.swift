#if os(Linux)
  import Foundation
  import Glibc

  /// A run of the built `zoo` of which time and memory are measured.
  struct MeasuredCommand {
    /// The exit status; 128 and the signal's number when a signal ended it.
    let status: Int32
    /// What it printed.
    let output: String
    let errors: String
    /// The most memory that it had at once, in bytes, pages of mapped files included.
    let peak: Int
    /// How long it took.
    let seconds: Double

    /// Runs `zoo` and waits; ends it when it takes more than `limit` seconds.
    ///
    /// The peak is the kernel's own (`VmHWM`), read again and again while the process lives: what `wait4` says of a child
    /// is at least what its parent had when it was started.
    init(_ arguments: [String], in folder: String, limit: Double) throws {
      let (out, err) = (folder + "/.stdout", folder + "/.stderr")
      let start = ContinuousClock.now
      let child = try Command.spawn([Command.binary.path] + arguments, in: folder, output: out, errors: err)
      var (status, peak): (Int32, Int) = (0, 0)
      while waitpid(child, &status, WNOHANG) == 0 {
        peak = max(peak, Self.peak(of: child) ?? 0)
        if ContinuousClock.now - start > .seconds(limit) { kill(child, SIGKILL) }
        usleep(1000)
      }
      let duration = ContinuousClock.now - start
      seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
      self.peak = peak
      self.status = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
      output = Self.text(out)
      errors = Self.text(err)
    }

    private static func text(_ path: String) -> String {
      (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0.prefix(1 << 20), as: UTF8.self) } ?? ""
    }

    /// What the kernel noted as the peak of a process; `nil` while it is only a copy of this one, or no more.
    private static func peak(of process: pid_t) -> Int? {
      guard let stream = fopen("/proc/\(process)/status", "r") else { return nil }
      defer { fclose(stream) }
      var line = [CChar](repeating: 0, count: 256)
      var isZoo = false
      while fgets(&line, Int32(line.count), stream) != nil {
        if strncmp(line, "Name:\tzoo\n", 10) == 0 { isZoo = true }
        guard isZoo, strncmp(line, "VmHWM:", 6) == 0 else { continue }
        return line.withUnsafeBufferPointer { buffer in
          buffer.baseAddress.map { strtol($0 + 6, nil, 10) << 10 }
        }
      }
      return nil
    }
  }
#endif
