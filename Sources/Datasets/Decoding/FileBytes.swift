#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// Inside FileBytes, `open` and `read` mean its own.
private func openFile(_ path: String, _ flags: CInt, _ mode: mode_t = 0) -> CInt { open(path, flags, mode) }
private func readFile(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}

private func writeFile(_ descriptor: CInt, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}

/// Reads and writes whole files.
enum FileBytes {
  /// A file larger than this is refused: no image needs it, and its memory would be.
  static let largestFile = 1 << 30

  /// Reads a file into a sample's memory.
  /// - Throws: ``DatasetsError`` that names the file, with the system's reason.
  static func read(_ path: String, into content: inout SampleContent) throws(DatasetsError) {
    let descriptor = try open(path)
    defer { close(descriptor) }
    let count = try size(of: descriptor, path: path)
    try content.setEncoded(count: count) { (bytes) throws(DatasetsError) in
      try fill(bytes, from: descriptor, path: path)
    }
  }

  /// Reads a file into an array.
  /// - Parameter limit: A longer file is refused.
  static func read(_ path: String, limit: Int = largestFile) throws(DatasetsError) -> [UInt8] {
    let descriptor = try open(path)
    defer { close(descriptor) }
    return try array(try size(of: descriptor, path: path, limit: limit), from: descriptor, path: path)
  }

  /// The first bytes of a file, at most `count`, and how many it has in all.
  static func prefix(_ count: Int, of path: String) throws(DatasetsError) -> (bytes: [UInt8], fileSize: Int) {
    let descriptor = try open(path)
    defer { close(descriptor) }
    let fileSize = try size(of: descriptor, path: path)
    return (try array(min(count, fileSize), from: descriptor, path: path), fileSize)
  }

  private static func array(_ count: Int, from descriptor: CInt, path: String) throws(DatasetsError) -> [UInt8] {
    var failure: DatasetsError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(DatasetsError) {
        try fill(UnsafeMutableRawBufferPointer(buffer), from: descriptor, path: path)
        initialized = count
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  static func open(_ path: String) throws(DatasetsError) -> CInt {
    while true {
      // Non-blocking, so that a named pipe among the images is refused below and not waited for.
      let descriptor = openFile(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      if descriptor >= 0 { return descriptor }
      if errno == EINTR { continue }
      throw failure(path: path)
    }
  }

  static func size(
    of descriptor: CInt, path: String, limit: Int = largestFile
  ) throws(DatasetsError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path: path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DatasetsError(.unreadable, at: path, "is not a regular file")
    }
    let count = Int(status.st_size)
    guard count <= limit else {
      throw DatasetsError(.tooLarge, at: path, "has \(count) bytes; at most \(limit) are read")
    }
    return count
  }

  private static func fill(
    _ bytes: UnsafeMutableRawBufferPointer, from descriptor: CInt, path: String
  ) throws(DatasetsError) {
    var done = 0
    while done < bytes.count {
      let count = readFile(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure(path: path) }
      guard count > 0 else {
        throw DatasetsError(
          .unreadable, at: path,
          "became shorter while it was read (\(done) of \(bytes.count) bytes): is it being written, or the disk failing?"
        )
      }
      done += count
    }
  }

  /// Writes a file through a neighbour that takes its place when it is whole.
  static func write(_ bytes: [UInt8], to path: String) throws(DatasetsError) {
    let (neighbour, descriptor) = try openNeighbour(of: path)
    var isWritten = true
    bytes.withUnsafeBytes { bytes in
      var rest = UnsafeRawBufferPointer(rebasing: bytes[...])
      while !rest.isEmpty {
        let count = writeFile(descriptor, rest.baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else {
          isWritten = false
          return
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
    let reason = errno
    let isClosed = close(descriptor) == 0
    if isWritten && isClosed && rename(neighbour, path) == 0 { return }
    let failure = isWritten ? writingFailure(path: path) : writingFailure(path: path, reason)
    unlink(neighbour)
    throw failure
  }

  /// A new file beside `path`. Those that other processes write, or were writing when they were killed, are left alone: in
  /// containers all have the same number.
  private static func openNeighbour(of path: String) throws(DatasetsError) -> (path: String, descriptor: CInt) {
    for attempt in 0..<1000 {
      let neighbour = "\(path).\(getpid())\(attempt == 0 ? "" : "-\(attempt)").part"
      let descriptor = openFile(neighbour, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (neighbour, descriptor) }
      guard errno == EEXIST else { break }
    }
    throw writingFailure(path: path)
  }

  private static func writingFailure(path: String, _ reason: CInt = errno) -> DatasetsError {
    DatasetsError(
      .unreadable, at: path,
      "cannot be written (\(String(cString: strerror(reason)))): check the folder, its permissions and the disk")
  }

  /// The error for the system's last failure.
  static func failure(path: String) -> DatasetsError {
    let reason = errno
    let text = String(cString: strerror(reason))
    switch reason {
    case ENOENT, ENOTDIR: return DatasetsError(.notFound, at: path, "is not there: check the path")
    default: return DatasetsError(.unreadable, at: path, "cannot be read (\(text)): check its permissions and the disk")
    }
  }
}
