import Checkpoint
import Datasets
import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What `zoo predict` does with each name that it is given.
struct PredictionSession {
  private let predictor: Predictor
  private let top: Int
  private let json: Bool
  private let features: FeatureExtraction?
  private let clock = ContinuousClock()
  private let start = ContinuousClock().now
  private var done = 0
  private var failed = 0

  init(predictor: Predictor, top: Int, json: Bool, features: FeatureExtraction? = nil) {
    self.predictor = predictor
    self.features = features
    self.top = top
    self.json = json
  }

  /// Predicts images and folders, and the names that standard input has where `-` stands.
  mutating func predict(_ names: [String], batchSize: Int) throws {
    var paths: [String] = []
    for name in names {
      guard name == "-" else {
        paths += expanded(name)
        continue
      }
      try predict(paths)
      paths = []
      // What is there is predicted as soon as it fills a batch or nothing more comes at once.
      var lines = InputLines()
      while let line = try lines.next() {
        if !line.isEmpty { paths += expanded(line) }
        if paths.count >= batchSize || !lines.isReady() {
          try predict(paths)
          paths = []
        }
      }
    }
    try predict(paths)
  }

  /// Says how fast it was, and fails when an image did.
  mutating func finish(toleratesFailures: Bool) throws {
    let (whole, atto) = start.duration(to: clock.now).components
    let seconds = Double(whole) + Double(atto) * 1e-18
    if done + failed > 1 {
      Output.line(
        onError: "\(NumberText.count(done, "image")) in \(NumberText.fixed(seconds, 1)) s, "
          + "\(NumberText.speed(seconds > 0 ? Double(done) / seconds : 0)) a second"
          + (failed > 0 ? "; \(NumberText.grouped(failed)) could not be read" : ""))
    }
    guard failed > 0, !toleratesFailures else { return }
    throw Outcome(
      .failed,
      "\(NumberText.count(failed, "image")) of \(NumberText.grouped(done + failed)) could not be read; with "
        + "'--skip-corrupt' that is no failure")
  }

  /// The files that a name means; a folder without images is a failure.
  private mutating func expanded(_ name: String) -> [String] {
    do {
      return try ImageList(filesAndFolders: [name]).paths
    } catch {
      fail(name, "\(error)")
      return []
    }
  }

  private mutating func predict(_ paths: [String]) throws {
    // A loader takes a file that is not there for a disk that is gone.
    var readable: [String] = []
    for path in paths {
      var status = stat()
      if access(path, R_OK) == 0, stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
        readable.append(path)
      } else {
        let reason =
          access(path, F_OK) == 0 ? "the file cannot be read: check its permissions" : "there is no such file"
        fail(path, "\(path.terminalEscaped): \(reason)")
      }
    }
    var failures: [(path: String, message: String)] = []
    let (json, top) = (json, top)
    var count = done
    var failedBefore = 0
    try predictor.predict(
      ImageList(paths: readable), top: top, features: features,
      onCorrupt: { failures.append((readable[$0.index], "\($0.error)")) }
    ) { prediction in
      for failure in failures { Self.report(failure.path, failure.message, json: json) }
      failedBefore += failures.count
      failures = []
      if json {
        Output.line(Self.json(prediction).text())
      } else {
        Output.lines((count == 0 ? [] : [""]) + Self.lines(prediction))
      }
      count += 1
    }
    done = count
    failed += failedBefore
    for failure in failures { fail(failure.path, failure.message) }
  }

  private mutating func fail(_ path: String, _ message: String) {
    failed += 1
    Self.report(path, message, json: json)
  }

  private static func report(_ path: String, _ message: String, json: Bool) {
    if json { Output.line((["image": .string(path), "error": .string(message)] as JSONValue).text()) }
    Output.note("left out: \(message)")
  }

  private static func lines(_ prediction: Prediction) -> [String] {
    let width = Terminal.output.width
    let longest = prediction.guesses.map { TerminalText.width($0.className.terminalEscaped) }.max() ?? 0
    return [prediction.image.terminalEscaped]
      + prediction.guesses.map { guess in
        let name = TerminalText.padded(guess.className.terminalEscaped, to: min(longest, max(width - 12, 8)))
        return "  \(name)  \(TerminalText.padded(NumberText.percent(guess.probability), to: 7, alignRight: true))"
      }
  }

  private static func json(_ prediction: Prediction) -> JSONValue {
    let guesses = prediction.guesses.map { guess -> JSONValue in
      ["label": .integer(guess.label), "class": .string(guess.className), "probability": .number(guess.probability)]
    }
    return ["image": .string(prediction.image), "predictions": .array(guesses)]
  }
}
