import ArgumentParser
import Datasets

/// How many threads read images: a number, or `auto`.
enum WorkerCount: ExpressibleByArgument, CustomStringConvertible {
  case auto
  case number(Int)

  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else if let number = Int(argument) {
      self = .number(number)
    } else {
      return nil
    }
  }

  var description: String {
    switch self {
    case .auto: "auto"
    case .number(let number): "\(number)"
    }
  }

  var defaultValueDescription: String { description }

  /// The number that is meant.
  var threads: Int {
    switch self {
    case .auto: DataLoader.automaticWorkers
    case .number(let number): number
    }
  }
}
