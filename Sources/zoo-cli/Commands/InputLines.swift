#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The lines of standard input, and whether there is another one already.
struct InputLines {
  private let descriptor: Int32
  /// What was read and is no line yet.
  private var rest: [UInt8] = []
  /// Where the next line begins in it.
  private var start = 0
  /// Up to here it has no end of a line.
  private var searched = 0
  private var isAtEnd = false

  /// The longest line in bytes: paths are at most 4096.
  static let longest = 64 << 10

  /// The lines of a descriptor, from where it stands.
  init(of descriptor: Int32 = STDIN_FILENO) { self.descriptor = descriptor }

  /// The next line without its end, when it is there; `nil` after the last.
  /// - Throws: ``CommandError`` for a line that is too long to name a file.
  mutating func next() throws -> String? {
    while true {
      if let line = takeLine() { return line }
      guard !isAtEnd else { return takeRest() }
      guard rest.count - start <= Self.longest else {
        throw CommandError(
          "standard input has a line of more than \(Self.longest) bytes; it must be names of images, one a line")
      }
      read()
    }
  }

  /// Whether `next()` would return at once with a line: `false` when it would wait, and at the end.
  mutating func isReady() -> Bool {
    while true {
      if endOfLine() != nil { return true }
      if isAtEnd { return start < rest.count }
      guard rest.count - start <= Self.longest else { return true }
      var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let answer = poll(&question, 1, 0)
      if answer < 0, errno == EINTR { continue }
      guard answer > 0 else { return false }
      read()
    }
  }

  private mutating func endOfLine() -> Int? {
    let newline = UInt8(ascii: "\n")
    guard let end = rest[max(start, searched)...].firstIndex(of: newline) else {
      searched = rest.count
      return nil
    }
    return end
  }

  private mutating func takeLine() -> String? {
    guard let end = endOfLine() else { return nil }
    defer {
      start = end + 1
      searched = start
    }
    return Self.text(rest[start..<end])
  }

  /// A last line without an end.
  private mutating func takeRest() -> String? {
    guard start < rest.count else { return nil }
    defer { start = rest.count }
    return Self.text(rest[start...])
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    let bytes = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Adds what there is, and waits when there is nothing.
  private mutating func read() {
    rest.removeFirst(start)
    (start, searched) = (0, max(searched - start, 0))
    var piece = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      #if canImport(Glibc)
        let count = Glibc.read(descriptor, &piece, piece.count)
      #else
        let count = Darwin.read(descriptor, &piece, piece.count)
      #endif
      if count < 0, errno == EINTR { continue }
      if count > 0 { rest += piece[..<count] } else { isAtEnd = true }
      return
    }
  }
}
