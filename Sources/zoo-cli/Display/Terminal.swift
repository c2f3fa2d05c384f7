#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a stream of this process is shown on.
struct Terminal: Sendable {
  /// Whether a person looks at it: lines may be redrawn.
  let isInteractive: Bool
  /// Columns; what `COLUMNS` says, or 80, when it is no terminal or does not know.
  let width: Int
  /// Whether colours are welcome: on a terminal, unless `NO_COLOR` is set (no-color.org) or `TERM` is `dumb`.
  let hasColor: Bool
  /// Whether the locale can show more than ASCII.
  let hasUnicode: Bool

  /// Standard output.
  static var output: Terminal { Terminal(descriptor: STDOUT_FILENO) }
  /// Standard error, where progress and errors go.
  static var error: Terminal { Terminal(descriptor: STDERR_FILENO) }

  /// A terminal of known abilities, for tests.
  init(isInteractive: Bool, width: Int, hasColor: Bool = false, hasUnicode: Bool = true) {
    self.isInteractive = isInteractive
    self.width = width
    self.hasColor = hasColor
    self.hasUnicode = hasUnicode
  }

  private init(descriptor: Int32) {
    func environment(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    let isDumb = environment("TERM") == "dumb"
    isInteractive = isatty(descriptor) == 1 && !isDumb
    hasColor = isInteractive && environment("NO_COLOR").isEmpty
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(environment).first { !$0.isEmpty } ?? ""
    hasUnicode = locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 {
      width = Int(size.ws_col)
    } else {
      width = Int(environment("COLUMNS")).flatMap { (20...10_000).contains($0) ? $0 : nil } ?? 80
    }
  }

  /// The text in a colour where colours are welcome.
  func styled(_ text: String, _ style: Style) -> String {
    hasColor && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// The few styles that are used (ECMA-48 SGR).
  enum Style: Int {
    case faint = 2
    case red = 31
    case green = 32
    case yellow = 33
    case blue = 34
    case magenta = 35
    case cyan = 36
  }
}
