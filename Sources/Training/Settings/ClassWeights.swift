import Checkpoint
import Foundation

/// What each class counts in the loss, as the `weight` of PyTorch's cross entropy.
public enum ClassWeights: Sendable, Hashable {
  /// All the same.
  case equal
  /// n / (C·n_c), with the number n of training images, the n_c of a class, and the number C of classes that have images:
  /// each class counts the same in all, and an image 1 on average. A class without images gets 0.
  case balanced
  /// One weight for each class, in their order.
  case numbers([Double])

  /// What `--class-weights` takes: `equal`, `balanced`, numbers with commas between them, or the path of a text file with
  /// numbers between which there are commas or white space.
  /// - Throws: ``TrainingError`` that says what the file holds instead.
  public init(parsing text: String) throws(TrainingError) {
    switch text {
    case "equal": self = .equal
    case "balanced": self = .balanced
    default:
      if let numbers = Self.numbers(text[...]) {
        self = .numbers(numbers)
        return
      }
      self = .numbers(try Self.numbers(inFile: text))
    }
  }

  /// Larger files hold no weights.
  private static let largestFile = 1 << 24

  private static func numbers(_ text: Substring) -> [Double]? {
    let words = text.split { $0 == "," || $0.isWhitespace }
    let numbers = words.compactMap { Double($0) }
    return numbers.isEmpty || numbers.count != words.count ? nil : numbers
  }

  private static func numbers(inFile path: String) throws(TrainingError) -> [Double] {
    let place = path.terminalEscaped
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw TrainingError(
        .settings, at: place,
        "is no file that can be read; class weights are 'balanced', one number for each class such as 1,2,0.5, or a file "
          + "of such numbers")
    }
    defer { try? file.close() }
    let data = (try? file.read(upToCount: largestFile + 1)) ?? Data()
    guard data.count <= largestFile, let text = String(data: data, encoding: .utf8), let numbers = numbers(text[...])
    else {
      throw TrainingError(
        .settings, at: place,
        "holds no class weights; expected one number for each class, with commas, spaces or line ends between them")
    }
    return numbers
  }

  /// The weight of each class; empty when all are the same.
  func values(counts: [Int], classNames: [String]) throws(TrainingError) -> [Float] {
    switch self {
    case .equal: return []
    case .balanced:
      let images = counts.reduce(0, +)
      let classes = counts.count { $0 > 0 }
      let weights = counts.map { $0 == 0 ? 0 : Float(Double(images) / (Double(classes) * Double($0))) }
      return weights + [Float](repeating: 0, count: classNames.count - counts.count)
    case .numbers(let numbers):
      guard numbers.count == classNames.count else {
        throw TrainingError(
          .mismatch,
          "\(numbers.count) class weights do not fit \(classNames.count) classes; give one for each, in the order of: "
            + classNames.prefix(20).map { "'\($0.terminalEscaped)'" }.joined(separator: ", ")
            + (classNames.count > 20 ? ", …" : ""))
      }
      return numbers.map(Float.init)
    }
  }
}

extension ClassWeights: Codable {
  /// `"equal"`, `"balanced"` or an array of numbers.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let numbers = try? value.decode([Double].self) {
      self = .numbers(numbers)
      return
    }
    switch try value.decode(String.self) {
    case "equal": self = .equal
    case "balanced": self = .balanced
    case let other:
      throw DecodingError.dataCorruptedError(
        in: value, debugDescription: "class weights are 'equal', 'balanced' or numbers, not '\(other)'")
    }
  }

  /// `"equal"`, `"balanced"` or an array of numbers.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .equal: try value.encode("equal")
    case .balanced: try value.encode("balanced")
    case .numbers(let numbers): try value.encode(numbers)
    }
  }
}
