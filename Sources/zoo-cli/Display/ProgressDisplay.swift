import Training

/// Shows progress on standard error: one line that is redrawn on a terminal, a plain line now and then elsewhere.
struct ProgressDisplay {
  private let terminal: Terminal
  private let clock = ContinuousClock()
  private var lastShown: ContinuousClock.Instant?
  private var isDrawn = false

  /// Seconds between two redrawings, and between two plain lines.
  private static let redrawInterval = 0.1
  private static let lineInterval = 10.0

  /// A display on standard error.
  init(terminal: Terminal = .error) { self.terminal = terminal }

  /// Shows where something stands, if the last time was long enough ago.
  /// - Parameters:
  ///   - isEnd: Whether this is the last of a kind, which a terminal should show in any case.
  ///   - drawn: The line for a terminal of a width, with Unicode or without.
  ///   - plain: The line for a log.
  mutating func show(isEnd: Bool = false, drawn: (Int, Bool) -> String, plain: () -> String) {
    let now = clock.now
    let interval = terminal.isInteractive ? Self.redrawInterval : Self.lineInterval
    guard let last = lastShown else {
      // The first log line waits for its interval: short work needs none.
      lastShown = now
      if terminal.isInteractive { draw(drawn(Terminal.error.width, terminal.hasUnicode)) }
      return
    }
    guard last.duration(to: now) >= .seconds(interval) || (isEnd && terminal.isInteractive) else { return }
    lastShown = now
    if terminal.isInteractive {
      draw(drawn(Terminal.error.width, terminal.hasUnicode))
    } else {
      Output.line(onError: plain())
    }
  }

  /// Removes the drawn line, so that something else can be printed.
  mutating func clear() {
    guard isDrawn else { return }
    Output.draw("\r\u{1B}[K")
    isDrawn = false
  }

  private mutating func draw(_ line: String) {
    Output.draw("\r\(line)\u{1B}[K")
    isDrawn = true
  }
}
