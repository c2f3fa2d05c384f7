import ArgumentParser
import Datasets
import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How a command ended when it did not simply finish, as the exit codes of `zoo --help` say.
struct Failure {
  /// What the process returns.
  enum Status: Int32 {
    case done = 0
    case failed = 1
    /// What `diff` and `verify` say of it in their help.
    case unreadable = 2
    case diverged = 3
    /// `EX_USAGE` of sysexits.h.
    case usage = 64
    /// `EX_TEMPFAIL` of sysexits.h: try again, that is, resume.
    case stopped = 75
  }

  let status: Status
  /// What standard error shows after `zoo: error:`; empty when everything is said.
  let message: String
  /// What standard output shows: help and version.
  let answer: String

  /// What an error means.
  /// - Parameter command: What was run; `nil` when the command line could not be read.
  init(_ error: any Error, of command: (any ParsableCommand)? = nil) {
    answer = Zoo.exitCode(for: error) == .success ? Zoo.fullMessage(for: error) : ""
    switch error {
    case let outcome as Outcome:
      status = outcome.status
      message = outcome.message
    case let stop as Stopped:
      status = .stopped
      message = stop.message
    case let error as TrainingError where error.code == .settings:
      status = .usage
      message = "\(error)"
    case let error as TrainingError where error.code == .diverged:
      status = .diverged
      message = "\(error)"
    case _ where Zoo.exitCode(for: error) == .success:
      status = .done
      message = ""
    case _ where Zoo.exitCode(for: error) == .validationFailure:
      status = .usage
      // ArgumentParser adds the usage and the way to the help.
      let text = Zoo.fullMessage(for: error)
      message = text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text
    case let error as DatasetsError where error.concernsOneImage && Self.leavesImagesOut(command):
      status = .failed
      message = "\(error); '--skip-corrupt' leaves such images out"
    default:
      status = .failed
      message = "\(error)"
    }
  }

  /// Whether a command takes `--skip-corrupt`, and fails without it.
  private static func leavesImagesOut(_ command: (any ParsableCommand)?) -> Bool {
    command is TrainCommand || command is EvaluateCommand
  }

  /// Prints and ends the process.
  func report() -> Never {
    if !answer.isEmpty { Output.line(answer) }
    if !message.isEmpty {
      // A training that was stopped is no error.
      Output.message(message, label: status == .stopped ? "" : "zoo: error:", .red)
    }
    exit(status.rawValue)
  }
}

/// A training was stopped by a signal, after saving.
struct Stopped: Error {
  /// How to go on.
  let message: String
}

/// An end that the exit code tells, and the message where there is more to say.
struct Outcome: Error {
  let status: Failure.Status
  let message: String

  init(_ status: Failure.Status, _ message: String = "") {
    self.status = status
    self.message = message
  }
}

/// What a command could not do, when no module says it better.
struct CommandError: Error, CustomStringConvertible {
  let description: String

  /// What was found, what was expected and what to do.
  init(_ message: String) { description = message }
}
