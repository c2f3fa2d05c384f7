import Foundation

/// The built `zoo`, run as a user runs it.
struct Command {
  /// What a run printed and how it ended.
  struct Result {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Beside the test bundle.
  static let binary: URL = {
    // `swift test` runs the bundle itself or a helper; the bundle's place is that of this module's code.
    let products = Bundle.allBundles.map(\.bundleURL) + [URL(filePath: CommandLine.arguments[0])]
    let folders = products.flatMap { [$0, $0.deletingLastPathComponent()] }
    let found = folders.map { $0.appending(path: "zoo") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) && !$0.hasDirectoryPath }
    return found ?? URL(filePath: ".build/debug/zoo")
  }()

  /// Runs `zoo` with arguments and waits.
  /// - Parameters:
  ///   - signal: Sent as soon as `marker` appears in the output.
  ///   - repeats: Whether it is sent again and again from then on.
  ///   - environment: Variables beside those of the tests.
  static func run(
    _ arguments: [String], in folder: String, signal: (number: Int32, marker: String)? = nil, repeats: Bool = false,
    environment: [String: String] = [:]
  ) throws -> Result {
    // Files, not pipes: nothing can fill up while nobody reads.
    let (out, err) = (folder + "/stdout-\(UUID().uuidString)", folder + "/stderr-\(UUID().uuidString)")
    let variables = environment.isEmpty ? [] : ["/usr/bin/env"] + environment.map { "\($0.key)=\($0.value)" }
    let child = try spawn(variables + [binary.path] + arguments, in: folder, output: out, errors: err)
    let deadline = Date(timeIntervalSinceNow: 60)
    var status: Int32 = 0
    var lastSignal: Date?
    while waitpid(child, &status, WNOHANG) == 0 {
      if let last = lastSignal {
        if let signal, repeats, last.timeIntervalSinceNow < -0.05 {
          kill(child, signal.number)
          lastSignal = Date()
        }
      } else if let signal, try text(out).contains(signal.marker) {
        kill(child, signal.number)
        lastSignal = Date()
      }
      // A command that hangs fails its test, and not the whole run.
      if Date() > deadline { kill(child, SIGKILL) }
      usleep(10_000)
    }
    let hasExited = status & 0x7F == 0
    return Result(
      status: hasExited ? status >> 8 & 0xFF : 128 + status & 0x7F, output: try text(out), errors: try text(err))
  }

  /// The same with the words of a line.
  static func run(
    _ line: String, in folder: String, signal: (number: Int32, marker: String)? = nil, repeats: Bool = false
  ) throws -> Result {
    try run(line.split(separator: " ").map(String.init), in: folder, signal: signal, repeats: repeats)
  }

  /// Starts a program with its output in files.
  static func spawn(
    _ command: [String], in folder: String, output: String, errors: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o600)
    // The shell changes folder and becomes the program.
    let shell = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder]
    let words = (shell + command).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var child: pid_t = 0
    // Threads of the test runner block signals, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let failure = posix_spawn(&child, shell[0], &actions, &attributes, words, environ)
    guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EIO) }
    return child
  }

  private static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }
}
