import Foundation
import Testing

@testable import Engine

/// Fifty steps against real PyTorch in float64: `Goldens/optimizers.py` made them. Differences are relative to a tensor's
/// largest magnitude.
@Suite struct OptimizerTrajectoryTests {
  struct Document: Sendable, Decodable {
    let rates: [Double]
    /// For each parameter, and for each step and parameter: float32 in base64.
    let starts: [Data]
    let gradients: [[Data]]
    let cases: [Case]
  }

  struct Case: Sendable, Decodable, CustomTestStringConvertible {
    struct Settings: Sendable, Decodable {
      let momentum, dampening, weight_decay, eps, alpha, lr_decay, initial_accumulator_value, momentum_decay: Double?
      let nesterov, amsgrad, centered, decoupled_weight_decay: Bool?
      let betas: [Double]?
    }

    let kind: String
    let settings: Settings
    /// How far PyTorch's own float32 is from its float64.
    let float32Error: Double
    /// For each parameter, by slot or `parameter`: float64 in base64.
    let results: [[String: Data]]

    var testDescription: String { "\(kind) \(rule.map { "\($0)" } ?? "")" }

    /// The same rule for the engine, with PyTorch's defaults where nothing is recorded.
    var rule: UpdateRule? {
      let (first, second) = (settings.betas?.first ?? 0.9, settings.betas?.last ?? 0.999)
      let decay = settings.weight_decay ?? 0
      let momentum = settings.momentum ?? 0
      switch kind {
      case "sgd":
        return .sgd(
          momentum: momentum, dampening: settings.dampening ?? 0, nesterov: settings.nesterov ?? false,
          weightDecay: decay)
      case "adam", "adamw":
        return .adam(
          beta1: first, beta2: second, epsilon: settings.eps ?? 1e-8, weightDecay: decay, decoupled: kind == "adamw",
          amsgrad: settings.amsgrad ?? false)
      case "rmsprop":
        return .rmsprop(
          alpha: settings.alpha ?? 0.99, epsilon: settings.eps ?? 1e-8, weightDecay: decay, momentum: momentum,
          centered: settings.centered ?? false)
      case "adagrad":
        return .adagrad(
          rateDecay: settings.lr_decay ?? 0, epsilon: settings.eps ?? 1e-10, weightDecay: decay,
          initialSum: settings.initial_accumulator_value ?? 0)
      case "nadam":
        return .nadam(
          beta1: first, beta2: second, epsilon: settings.eps ?? 1e-8, weightDecay: decay,
          momentumDecay: settings.momentum_decay ?? 0.004, decoupled: settings.decoupled_weight_decay ?? false)
      case "lion": return .lion(beta1: first, beta2: second, weightDecay: decay)
      case "lamb": return .lamb(beta1: first, beta2: second, epsilon: settings.eps ?? 1e-6, weightDecay: decay)
      default: return nil
      }
    }
  }

  static let document = Result {
    let folder = try #require(Bundle.module.resourceURL, "the test bundle has no resources")
    let file = folder.appendingPathComponent("Goldens/optimizers.json")
    return try JSONDecoder().decode(Document.self, from: Data(contentsOf: file))
  }

  private static let tolerance = 1e-6

  @Test(arguments: try document.get().cases) func fiftySteps(item: Case) throws {
    let document = try Self.document.get()
    let rule = try #require(item.rule)
    for (index, start) in document.starts.enumerated() {
      var parameter: [Float] = start.elements()
      var state = rule.slots.map { _ in [Float](repeating: 0, count: parameter.count) }
      for (step, rate) in document.rates.enumerated() {
        let update = Update(rule: rule, learningRate: rate, step: step + 1)
        update.apply(document.gradients[step][index].elements(), to: &parameter, state: &state)
      }
      let expected = item.results[index]
      let scalars = rule.scalars(afterStep: document.rates.count)
      #expect(Set(expected.keys) == Set(rule.slots + Array(scalars.keys) + ["parameter"]))
      expectClose(parameter, try #require(expected["parameter"]).elements(), "parameter \(index)")
      for (slot, values) in zip(rule.slots, state) {
        expectClose(values, try #require(expected[slot]).elements(), "\(slot) \(index)")
      }
      for (name, value) in scalars { expectClose([value], try #require(expected[name]).elements(), name) }
    }
  }

  /// The goldens say something: PyTorch's own float32 is as near to them, and they move.
  @Test func goldensAreWhatTheySay() throws {
    let document = try Self.document.get()
    #expect(document.rates.count == 50 && document.gradients.count == 50 && document.cases.count == 17)
    for item in document.cases { #expect(item.float32Error < 2 * Self.tolerance, "\(item.testDescription)") }
  }

  private func expectClose(_ found: [Float], _ expected: [Double], _ what: String) {
    let scale = expected.reduce(0) { max($0, abs($1)) }
    let worst = zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
    #expect(found.count == expected.count && worst <= Self.tolerance * scale, "\(what): \(worst / scale)")
  }
}

extension Data {
  /// The numbers that the bytes are.
  fileprivate func elements<Number>() -> [Number] {
    withUnsafeBytes { bytes in
      (0..<bytes.count / MemoryLayout<Number>.size).map {
        bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self)
      }
    }
  }
}

extension Update {
  /// One step on arrays.
  fileprivate func apply(_ gradient: [Float], to parameter: inout [Float], state: inout [[Float]]) {
    let places = state.map { values in
      let place = UnsafeMutablePointer<Float>.allocate(capacity: values.count)
      place.initialize(from: values, count: values.count)
      return place
    }
    let count = parameter.count
    parameter.withUnsafeMutableBufferPointer { values in
      guard let start = values.baseAddress else { return }
      apply(gradient, to: start, state: places, count: count, threads: 1)
    }
    for (index, place) in places.enumerated() {
      state[index] = Array(UnsafeBufferPointer(start: place, count: count))
      place.deallocate()
    }
  }
}
