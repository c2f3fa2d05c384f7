import Tensors
import Testing

@testable import Layers
@testable import Zoo

/// How every parameter starts, against torchvision's constructors (`Goldens/write_initial_distributions.py`).
@Suite struct InitialDistributionTests {
  /// For each model what its trainable parameters are drawn from, in order.
  private static let goldens = Result {
    try gzippedJSON([String: [String]].self, "Goldens/initial_distributions.json.gz")
      .mapValues { try $0.map(Drawn.init) }
  }

  @Test func theGoldensAreOfModelsThatAreThere() throws {
    let names = try Set(Self.goldens.get().keys)
    #expect(names.count >= 68 && names.isSubset(of: Registry.models.map(\.name)))
  }

  @Test(arguments: Registry.models.map(\.name))
  func everyParameterStartsAsInTorchvision(name: String) throws {
    guard let golden = try Self.goldens.get()[name] else { return }
    let parameters = try Registry.model(named: name).build().parameters.filter { $0.role == .trainable }
    try #require(parameters.count == golden.count)
    for (parameter, expected) in zip(parameters, golden) {
      let found = Drawn(parameter)
      #expect(found.isClose(to: expected), "\(parameter.name): \(found), not \(expected)")
    }
  }

  /// The smallest tensors of each model: constants are exact, means and variances within six standard errors. Where
  /// torchvision does not have the model, or its golden is missing, by the model's own scheme.
  @Test(arguments: Registry.models.map(\.name))
  func initialStatesFollow(name: String) throws {
    let golden = try Self.goldens.get()[name]
    let trainable = try Registry.model(named: name).build().parameters.filter { $0.role == .trainable }
    var left = 10_000
    let indices = trainable.indices.sorted { trainable[$0].shape.count < trainable[$1].shape.count }
    for index in indices {
      let parameter = trainable[index]
      left -= parameter.shape.count
      guard left >= 0 else { break }
      let values = parameter.initialValue(seed: 5).elements(as: Float.self)
      (golden?[index] ?? Drawn(parameter)).check(values, of: parameter.name)
    }
  }
}

/// What the elements of a parameter are drawn from.
private enum Drawn: CustomStringConvertible {
  case constant(Double)
  case uniform(low: Double, high: Double)
  case normal(mean: Double, std: Double)
  case truncated(mean: Double, std: Double, low: Double, high: Double)
  /// Given one by one.
  case values([Double])

  /// A line of the golden: `uniform -0.5 0.5`.
  init(_ line: String) throws {
    let words = line.split(separator: " ")
    let numbers = try words.dropFirst().map { try #require(Double($0)) }
    switch (words[0], numbers.count) {
    case ("constant", 1): self = .constant(numbers[0])
    case ("uniform", 2): self = .uniform(low: numbers[0], high: numbers[1])
    case ("normal", 2): self = .normal(mean: numbers[0], std: numbers[1])
    case ("truncated", 4): self = .truncated(mean: numbers[0], std: numbers[1], low: numbers[2], high: numbers[3])
    default: throw ZooError(.argument, "'\(line)' is no distribution")
    }
  }

  /// As `Layers` fills it.
  init(_ parameter: Parameter) {
    if case .values(let values) = parameter.initializer {
      self = .values(values)
      return
    }
    switch Distribution(parameter.initializer, shape: parameter.shape) {
    case .constant(let value): self = .constant(Double(value))
    case .uniform(let low, let high): self = .uniform(low: Double(low), high: Double(high))
    case .normal(let mean, let std): self = .normal(mean: Double(mean), std: Double(std))
    case .truncatedNormal(let mean, let std, _, let bounds):
      self = .truncated(
        mean: Double(mean), std: Double(std), low: Double(bounds.lowerBound), high: Double(bounds.upperBound))
    }
  }

  private var kindAndNumbers: (String, [Double]) {
    switch self {
    case .constant(let value): ("constant", [value])
    case .uniform(let low, let high): ("uniform", [low, high])
    case .normal(let mean, let std): ("normal", [mean, std])
    case .truncated(let mean, let std, let low, let high): ("truncated", [mean, std, low, high])
    case .values(let values): ("values", values)
    }
  }

  var description: String {
    let (kind, numbers) = kindAndNumbers
    return "\(kind) \(numbers.map { "\($0)" }.joined(separator: " "))"
  }

  /// Whether kind and numbers agree to the precision of float32.
  func isClose(to other: Drawn) -> Bool {
    let (mine, theirs) = (kindAndNumbers, other.kindAndNumbers)
    return mine.0 == theirs.0 && mine.1.count == theirs.1.count
      && zip(mine.1, theirs.1).allSatisfy { abs($0 - $1) <= 1e-6 * abs($1) }
  }

  /// Bounds, mean and variance of what was drawn.
  func check(_ values: [Float], of name: String) {
    let count = Double(values.count)
    var (mean, variance, low, high) = (0.0, 0.0, -Double.infinity, Double.infinity)
    switch self {
    case .constant(let value):
      #expect(values.allSatisfy { $0 == Float(value) }, "\(name)")
      return
    case .values(let numbers):
      #expect(values == numbers.map { Float($0) }, "\(name)")
      return
    case .uniform(let first, let last):
      (mean, variance) = ((first + last) / 2, (last - first) * (last - first) / 12)
      // As float32 rounds them.
      (low, high) = (first - 1e-6 * abs(first), last + 1e-6 * abs(last))
    case .normal(let center, let std): (mean, variance) = (center, std * std)
    case .truncated(let center, let std, let first, let last):
      // So far outside that they change no figure.
      #expect(first < center - 6 * std && last > center + 6 * std, "\(name)")
      (mean, variance, low, high) = (center, std * std, first, last)
    }
    var (sum, squares) = (0.0, 0.0)
    for value in values {
      let distance = Double(value) - mean
      sum += distance
      squares += distance * distance
    }
    #expect(values.allSatisfy { (low...high).contains(Double($0)) }, "the bounds of \(name)")
    #expect(abs(sum / count) < 6 * (variance / count).squareRoot(), "the mean of \(name)")
    // The squares of a few numbers are too far from normal.
    guard values.count >= 64 else { return }
    // Squares have at most twice the variance's square as variance, which is the normal distribution's.
    #expect(abs(squares / count - variance) < 6 * variance * (2 / count).squareRoot(), "the variance of \(name)")
  }
}
