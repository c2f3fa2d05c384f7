import ArgumentParser
import Datasets

/// What images are normalised by: a word, or numbers.
enum NormalizationChoice: ExpressibleByArgument, Equatable {
  /// What the weights or the model's file say, or else what suits the data.
  case auto
  /// What suits the data.
  case data
  case fixed(Normalization)

  init?(argument: String) {
    switch argument {
    case "auto": self = .auto
    case "data": self = .data
    case "imagenet": self = .fixed(.imageNet)
    case "half": self = .fixed(.half)
    default:
      let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { part in
        part.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
      }
      guard parts.count == 2, [1, 3].contains(parts[0].count), parts[0].count == parts[1].count,
        parts[0].allSatisfy(\.isFinite), parts[1].allSatisfy({ $0.isFinite && $0 > 0 })
      else { return nil }
      self = .fixed(Normalization(mean: parts[0], std: parts[1]))
    }
  }

  var defaultValueDescription: String { "auto" }

  /// The numbers, where they are said.
  var normalization: Normalization? { if case .fixed(let numbers) = self { numbers } else { nil } }
}
