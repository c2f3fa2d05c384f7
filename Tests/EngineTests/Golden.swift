import Foundation
import Layers
import Tensors
import Testing

/// What real PyTorch computed in one case: `Goldens/make_goldens.py` tells what each field and tensor is.
struct Golden: Sendable, Decodable {
  let name: String
  let group: String
  /// Whether batch norm normalises by the batch.
  let training: Bool
  /// Whether the loss is taken behind `flatten` and a linear layer without bias, called `head`.
  let head: Bool
  /// The class of each image; in a training, of each image of each step.
  let labels: [Int32]
  let labelSmoothing: Double
  /// The mean cross entropy of the first batch.
  let loss: Double
  /// How many images of the first batch have their label as the largest logit; absent in trainings.
  let correct: Int?
  /// How far PyTorch's own float32 is from these numbers, relative to a tensor's largest magnitude.
  let float32Error: Double
  /// The operations in order.
  let nodes: [GoldenNode]
  /// The optimizer of a training and its learning rate and loss at each step; absent elsewhere.
  let optimizer: GoldenOptimizer?
  let learningRates: [Double]?
  let losses: [Double]?
  private let tensors: [String: [Int]]

  private enum CodingKeys: String, CodingKey {
    case name, group, training, head, labels, labelSmoothing, loss, correct, float32Error, nodes, optimizer, settings
    case learningRates, losses, tensors
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    name = try fields.decode(String.self, forKey: .name)
    group = try fields.decode(String.self, forKey: .group)
    training = try fields.decode(Bool.self, forKey: .training)
    head = try fields.decode(Bool.self, forKey: .head)
    labels = try fields.decode([Int32].self, forKey: .labels)
    labelSmoothing = try fields.decode(Double.self, forKey: .labelSmoothing)
    loss = try fields.decode(Double.self, forKey: .loss)
    correct = try fields.decodeIfPresent(Int.self, forKey: .correct)
    float32Error = try fields.decode(Double.self, forKey: .float32Error)
    nodes = try fields.decode([GoldenNode].self, forKey: .nodes)
    tensors = try fields.decode([String: [Int]].self, forKey: .tensors)
    learningRates = try fields.decodeIfPresent([Double].self, forKey: .learningRates)
    losses = try fields.decodeIfPresent([Double].self, forKey: .losses)
    if let kind = try fields.decodeIfPresent(GoldenOptimizer.Kind.self, forKey: .optimizer) {
      optimizer = GoldenOptimizer(
        kind: kind, settings: try fields.decode(GoldenOptimizer.Settings.self, forKey: .settings))
    } else {
      optimizer = nil
    }
  }

  /// The names of the tensors that start with a prefix, with the prefix removed: `after.`, `state.`.
  func names(startingWith prefix: String) -> [String] {
    tensors.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
  }

  /// A tensor of the case, float32.
  func tensor(_ name: String) throws -> Tensor {
    guard let place = tensors[name], let offset = place.first else {
      throw GoldenError(message: "'\(self.name)' has no tensor '\(name)'; it has \(tensors.keys.sorted())")
    }
    let shape = Shape(Array(place.dropFirst()))
    let bytes = try Goldens.bytes(group: group)
    let range = offset * 4..<(offset + shape.count) * 4
    guard range.upperBound <= bytes.count else {
      throw GoldenError(
        message: "\(group).bin has \(bytes.count) bytes, and '\(name)' of '\(self.name)' ends after them")
    }
    return Tensor(shape, dtype: .float32) { $0.copyBytes(from: bytes[range]) }
  }
}

/// What is wrong with the recorded files.
struct GoldenError: Error, CustomStringConvertible {
  let message: String
  var description: String { message }
}

/// The recorded files.
enum Goldens {
  /// Every case, in the order of `cases.py`.
  static func all() throws -> [Golden] {
    try JSONDecoder().decode([Golden].self, from: file("index.json"))
  }

  /// The cases of the given groups: `conv`, `linear`, `norm`, `pool`, `nets`, `training`.
  static func cases(_ groups: String...) throws -> [Golden] { try all().filter { groups.contains($0.group) } }

  fileprivate static func bytes(group: String) throws -> Data { try file("\(group).bin") }

  private static func file(_ name: String) throws -> Data {
    guard let folder = Bundle.module.resourceURL else {
      throw GoldenError(message: "the test bundle has no resources")
    }
    return try Data(contentsOf: folder.appending(path: "Goldens/\(name)"), options: .mappedIfSafe)
  }
}

extension Golden: CustomTestStringConvertible {
  /// What a failing test shows.
  var testDescription: String { name }
}
