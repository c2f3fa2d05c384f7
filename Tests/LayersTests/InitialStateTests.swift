import Foundation
import Tensors
import Testing

@testable import Layers

@Suite struct InitialStateTests {
  /// A state of one parameter.
  private func values(
    _ initializer: Initializer, shape: Shape = [1_000_000], name: String = "weight", seed: UInt64 = 1
  ) -> [Float] {
    Parameter(name: name, shape: shape, initializer: initializer).initialValue(seed: seed).elements(as: Float.self)
  }

  struct Golden: Decodable {
    let seed: UInt64
    let name: String
    let kind: String
    let values: [Double]

    var initializer: Initializer? {
      switch kind {
      case "uniform": .uniform(low: -0.25, high: 0.25)
      case "normal": .normal(std: 0.5)
      case "truncatedNormal": .truncatedNormal(std: 0.5, low: -0.5, high: 1)
      default: nil
      }
    }
  }

  /// Against an independent computation (`Goldens/write_initial_values.py`). Uniform numbers are exact; for normal ones the
  /// table's error of 6·10⁻⁷ is scaled by the standard deviation of ½.
  @Test func firstValuesEqualAnIndependentComputation() throws {
    let cases = try golden([Golden].self, "initial_values")
    #expect(cases.count == 27)
    for golden in cases {
      let initializer = try #require(golden.initializer)
      let found = values(initializer, shape: [golden.values.count], name: golden.name, seed: golden.seed)
      let tolerance = golden.kind == "uniform" ? 0 : 3e-7
      for (value, expected) in zip(found, golden.values) {
        #expect(abs(Double(value) - expected) <= tolerance, "\(golden.kind) \(golden.name) \(golden.seed)")
      }
    }
  }

  /// An element is a function of its index, wherever pieces of work begin and end.
  @Test(arguments: [1, 3, 4, 2047, 2049, 65_535, 65_537, 200_001])
  func aShorterParameterIsAPrefix(count: Int) {
    for initializer in [Initializer.uniform(low: 0, high: 1), .normal(std: 1), .truncatedNormal(std: 1)] {
      let long = values(initializer, shape: [300_000])
      #expect(values(initializer, shape: [count]) == Array(long.prefix(count)))
    }
  }

  @Test func uniformNumbersAreThoseOfTheRandomSource() {
    var source = RandomSource(seed: 7, purpose: .initialization, first: fnv1a("a.b"))
    let expected = (0..<10_000).map { _ in source.uniform() }
    #expect(values(.uniform(low: 0, high: 1), shape: [10_000], name: "a.b", seed: 7) == expected)
  }

  @Test func namesAndSeedsGiveOtherNumbers() {
    let first = values(.normal(std: 1), shape: [8])
    #expect(first != values(.normal(std: 1), shape: [8], name: "bias"))
    #expect(first != values(.normal(std: 1), shape: [8], seed: 2))
    #expect(first == values(.normal(std: 1), shape: [8]))
  }

  /// Each with its mean and its variance, for a weight [1000, 1000].
  static let moments: [(Initializer, mean: Double, variance: Double)] = [
    (.uniform(low: -1, high: 3), mean: 1, variance: 16.0 / 12),
    (.normal(mean: 2, std: 0.5), mean: 2, variance: 0.25),
    (.xavierUniform, mean: 0, variance: 2.0 / 2000),
    (.xavierNormal, mean: 0, variance: 2.0 / 2000),
    (.kaimingUniform(.fanIn, gain: 3), mean: 0, variance: 9.0 / 1000),
    (.kaimingNormal(.fanOut, gain: 3), mean: 0, variance: 9.0 / 1000),
    // 1 − 2bφ(b)/(2Φ(b) − 1) for the normal distribution cut off at ±b.
    (.truncatedNormal(std: 1, low: -1, high: 1), mean: 0, variance: 0.291_125_1),
    (.truncatedNormal(std: 1), mean: 0, variance: 0.773_741_3),
  ]

  /// Within five standard errors of the mean and of the standard deviation of a million numbers; the seed is fixed.
  @Test(arguments: moments)
  func meanAndStandardDeviation(initializer: Initializer, mean: Double, variance: Double) {
    let std = variance.squareRoot()
    var (sum, squares) = (0.0, 0.0)
    for value in values(initializer, shape: [1000, 1000]) {
      let distance = Double(value) - mean
      sum += distance
      squares += distance * distance
    }
    // The standard deviation's error is largest for the normal distribution: σ/√(2n).
    let (meanError, stdError) = (std / 1e3, std / 1e3 / 2.0.squareRoot())
    #expect(abs(sum / 1e6) < 5 * meanError)
    #expect(abs((squares / 1e6).squareRoot() - std) < 5 * stdError)
  }

  /// The share of a million normal numbers below each bound, within five standard errors.
  @Test func normalTails() {
    let numbers = values(.normal(std: 1))
    for bound in [-4, -3, -2, -1, -0.5, 0, 0.1, 1, 2.5, 3.5, 4] as [Double] {
      let probability = normalTail(-bound)
      let share = Double(numbers.count { Double($0) < bound }) / 1e6
      let error = (probability * (1 - probability) / 1e6).squareRoot()
      #expect(abs(share - probability) < 5 * error, "\(bound)")
    }
  }

  @Test func boundsHold() {
    let uniform = values(.uniform(low: 0.1, high: 0.3))
    #expect(uniform.allSatisfy { $0 >= 0.1 && $0 < 0.3 })
    let truncated = values(.truncatedNormal(mean: 1, std: 2, low: -0.5, high: 1.25))
    #expect(truncated.allSatisfy { $0 >= -0.5 && $0 <= 1.25 })
    #expect((truncated.min() ?? 0) < -0.4999 && (truncated.max() ?? 0) > 1.2499)
    // As in torchvision's densenet and googlenet: bounds that are many standard deviations away.
    let wide = values(.truncatedNormal(std: 0.01))
    #expect(wide.allSatisfy { abs($0) < 0.07 } && wide.contains { abs($0) > 0.04 })
    // Rounding can reach an open bound: the largest word times this span does.
    let coarse = values(.uniform(low: 1, high: 1.000_000_2))
    #expect(coarse.allSatisfy { $0 >= 1 && $0 < Float(1.000_000_2) })
  }

  /// Fans by PyTorch's `_calculate_fan_in_and_fan_out`: [O, I, kh, kw] has I·kh·kw and O·kh·kw.
  @Test func fansFollowPyTorch() {
    let shape: Shape = [64, 3, 11, 7]
    #expect(
      Distribution(.kaimingNormal(.fanIn, gain: 2), shape: shape)
        == .normal(mean: 0, std: Float(2 / (3.0 * 77).squareRoot())))
    #expect(
      Distribution(.kaimingNormal(.fanOut, gain: 2), shape: shape)
        == .normal(mean: 0, std: Float(2 / (64.0 * 77).squareRoot())))
    let bound = Float((6 / (67.0 * 77)).squareRoot())
    #expect(Distribution(.xavierUniform, shape: shape) == .uniform(low: -bound, high: bound))
  }

  /// kaiming_uniform(a = √5) is U(±1/√fan_in), for the bias too: torch's `reset_parameters`.
  @Test func layersStartAsInTorch() throws {
    let graph = Graph(inputChannels: 6, Conv2d(6, 4, kernel: Pair(3, 5), groups: 2))
    let bound = 1 / (3.0 * 15).squareRoot()
    for parameter in graph.parameters {
      guard case .uniform(let low, let high) = Distribution(parameter.initializer, shape: parameter.shape) else {
        Issue.record("\(parameter.name) is not uniform")
        continue
      }
      #expect(abs(Double(high) - bound) < 1e-7 && low == -high)
    }
  }

  @Test func statesHoldEveryParameterInOrder() throws {
    let graph = Graph(inputChannels: 3, Sequential([Conv2d(3, 4, kernel: 3), BatchNorm2d(4)]))
    let state = graph.initialState(seed: 3)
    #expect(state.names == graph.parameters.map(\.name))
    for parameter in graph.parameters {
      #expect(state[parameter.name]?.shape == parameter.shape)
      #expect(state[parameter.name]?.dtype == parameter.dtype)
    }
    #expect(state["1.running_var"]?.elements(as: Float.self) == [1, 1, 1, 1])
    #expect(state["1.num_batches_tracked"]?.elements(as: Int64.self) == [0])
  }

  /// Every 65,537th word, and the words where pieces of the table meet, against the quantile's definition: the tail
  /// probability of the result is the word's, to 6·10⁻⁷ in z.
  @Test func quantilesAreAccurate() {
    var words = Array(stride(from: UInt32(0), to: UInt32.max - 65_537, by: 65_537))
    for shift in 0..<32 { for offset in 0..<3 { words.append((1 << UInt32(shift)) &+ UInt32(offset) &- 1) } }
    words += [.max, .max - 1, 1 << 31, (1 << 31) - 1]
    var quantiles: [Double] = []
    NormalQuantile.table.withCubics { cubics in
      quantiles = words.map { Double(NormalQuantile.value(at: $0, cubics)) }
    }
    for (word, z) in zip(words, quantiles) {
      let probability = (Double(word) + 0.5) * 0x1p-32
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      // One step of Newton's method from z measures its distance from the true quantile.
      let distance = (probability < 0.5 ? normalTail(-z) - probability : (1 - probability) - normalTail(z)) / density
      #expect(abs(distance) < 6e-7, "word \(word), z \(z)")
    }
  }
}
