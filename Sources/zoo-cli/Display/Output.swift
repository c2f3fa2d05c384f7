#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whole lines on standard output and standard error, written at once so that both keep their order.
enum Output {
  /// A line of the answer.
  static func line(_ text: String = "") { write(text + "\n", to: STDOUT_FILENO) }

  /// A piece of the answer, without an end of line.
  static func text(_ text: String) { write(text, to: STDOUT_FILENO) }

  /// Lines of the answer.
  static func lines(_ texts: [String]) { write(texts.map { $0 + "\n" }.joined(), to: STDOUT_FILENO) }

  /// A line that is not part of the answer.
  static func line(onError text: String) { write(text + "\n", to: STDERR_FILENO) }

  /// A message on standard error, wrapped at words where a person reads it.
  /// - Parameter label: What it begins with, `zoo: error:`, in a colour.
  static func message(_ text: String, label: String = "", _ style: Terminal.Style = .faint) {
    let terminal = Terminal.error
    let whole = label.isEmpty ? text : label + " " + text
    let shown = terminal.isInteractive ? TerminalText.paragraphs(whole, to: terminal.width) : whole
    line(onError: terminal.styled(label, style) + shown.dropFirst(label.count))
  }

  /// Something that the user should know: `zoo: note: …`.
  static func note(_ text: String) { message(text, label: "zoo: note:") }

  /// Text without an end of line, for what is redrawn.
  static func draw(_ text: String) { write(text, to: STDERR_FILENO) }

  /// Gives up silently when the reader is gone.
  private static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, !rest.isEmpty {
        #if canImport(Glibc)
          let count = Glibc.write(descriptor, start, rest.count)
        #else
          let count = Darwin.write(descriptor, start, rest.count)
        #endif
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }
}
