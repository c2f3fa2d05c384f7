#if os(Linux)
  import CDisk
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An open file, closed with the last reference to it. Several threads may read and write it at once: every call says
/// where.
final class OpenFile: Sendable {
  /// How a file is opened.
  enum Mode {
    /// For reading. Never waits, not even for a named pipe without a writer.
    case read
    /// For reading and writing, and it must not be there yet.
    case create
    /// For reading and writing, made when it is not there.
    case readWrite
    /// The same, and ``append(_:)`` goes to the end, whoever else writes.
    case append
  }

  let path: String
  let descriptor: Int32

  /// Opens a file.
  init(_ path: String, _ mode: Mode) throws {
    self.path = path
    descriptor =
      switch mode {
      case .read: try SystemCall.check(path, "open") { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
      case .create: try SystemCall.check(path, "create") { open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
      case .readWrite: try SystemCall.check(path, "open") { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666) }
      case .append: try SystemCall.check(path, "open") { open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666) }
      }
  }

  /// Takes over an open descriptor.
  init(_ path: String, owning descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  /// The same open file as another descriptor, which stays that one's owner's.
  init(_ path: String, duplicating other: Int32) throws {
    self.path = path
    descriptor = try SystemCall.check(path, "open") { fcntl(other, F_DUPFD_CLOEXEC, 0) }
  }

  deinit { close(descriptor) }

  /// What the operating system knows of the file.
  func status() throws -> stat {
    var status = stat()
    try SystemCall.check(path, "ask for the size") { fstat(descriptor, &status) }
    return status
  }

  /// The bytes in the file.
  func size() throws -> Int { Int(try status().st_size) }

  /// Fills `bytes` from a position of the file.
  /// - Throws: ``CheckpointError/Code/truncated`` when the file ends before.
  func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let count = try SystemCall.check(path, "read \(rest.count) bytes at offset \(offset + done)") {
        pread(descriptor, rest.baseAddress, min(rest.count, 1 << 30), off_t(offset + done))
      }
      guard count > 0 else {
        throw CheckpointError(
          .truncated, path: path, "the file ends at byte \(offset + done), \(rest.count) bytes too early")
      }
      done += count
    }
  }

  /// The bytes from a position of the file, fewer when it ends before.
  func prefix(_ count: Int, at offset: Int = 0) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = try bytes.withUnsafeMutableBytes { buffer in
        try SystemCall.check(path, "read \(count) bytes at offset \(offset)") {
          pread(descriptor, buffer.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
        }
      }
      if got == 0 { break }
      done += got
    }
    if done < count { bytes.removeLast(count - done) }
    return bytes
  }

  /// Writes all of `bytes` at a position of the file.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      done += try SystemCall.check(path, "write \(rest.count) bytes at offset \(offset + done)") {
        pwrite(descriptor, rest.baseAddress, min(rest.count, 1 << 30), off_t(offset + done))
      }
    }
  }

  /// Writes all of `bytes` at the end of a file opened for that.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      #if canImport(Glibc)
        done += try SystemCall.check(path, "append") { Glibc.write(descriptor, rest.baseAddress, rest.count) }
      #else
        done += try SystemCall.check(path, "append") { Darwin.write(descriptor, rest.baseAddress, rest.count) }
      #endif
    }
  }

  /// Makes sure that the disk has room for `count` bytes, where the file system can promise that.
  func reserve(_ count: Int) throws {
    #if os(Linux)
      guard count > 0 else { return }
      // Where it does not fit, the kernel would take all that there is before it says so.
      var disk = statvfs()
      if fstatvfs(descriptor, &disk) == 0, disk.f_bsize > 0, UInt(count) / UInt(disk.f_bsize) > UInt(disk.f_bavail) {
        throw SystemCall.error(ENOSPC, path: path, doing: "reserve \(count) bytes")
      }
      while zoo_reserve(descriptor, Int64(count)) != 0 {
        let number = errno
        if number == EINTR { continue }
        if number == EOPNOTSUPP || number == ENOSYS { return }
        throw SystemCall.error(number, path: path, doing: "reserve \(count) bytes")
      }
    #endif
  }

  /// Cuts the file, or fills it up with zeros, to a size.
  func setSize(_ size: Int) throws {
    try SystemCall.check(path, "set the size to \(size) bytes") { ftruncate(descriptor, off_t(size)) }
  }

  /// Lets the disk begin to write a range now, so that ``synchronize()`` has less to wait for.
  func startWriting(_ count: Int, at offset: Int) {
    #if os(Linux)
      zoo_start_writing(descriptor, Int64(offset), Int64(count))
    #endif
  }

  /// Waits until everything written is on the disk.
  func synchronize() throws {
    #if canImport(Darwin)
      // fsync leaves the bytes in the drive's cache there.
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
    #endif
    try SystemCall.check(path, "write to the disk") { fsync(descriptor) }
  }
}
