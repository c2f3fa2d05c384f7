import CKernels
import Foundation
import Testing

/// A rule, the tensors that it keeps, and its formula for one parameter in double precision.
struct RuleCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let rule: zk_rule
  let slots: Int
  /// (gradient, parameter, state) -> parameter; for LAMB the direction. Changes the state.
  let formula: @Sendable (_ g: Double, _ p: Double, _ state: inout [Double]) -> Double

  init(
    _ description: String, _ rule: zk_rule, slots: Int,
    _ formula: @escaping @Sendable (_ g: Double, _ p: Double, _ state: inout [Double]) -> Double
  ) {
    (testDescription, self.rule, self.slots, self.formula) = (description, rule, slots, formula)
  }

  static let all = sgd + adam + others

  private static let sgd = (0..<16).map { form in
    let (momentum, dampening) = (form & 1 == 0 ? 0 : 0.75, form & 2 == 0 ? 0 : 0.25)
    let (isNesterov, isFirst) = (form & 4 != 0, form & 8 != 0)
    return RuleCase(
      "SGD \(form)", zk_sgd_rule(0.125, momentum, dampening, 0.0625, isNesterov, isFirst), slots: momentum == 0 ? 0 : 1
    ) { g, p, state in
      let g = g + 0.0625 * p
      guard momentum > 0 else { return p - 0.125 * g }
      state[0] = isFirst ? g : momentum * state[0] + (1 - dampening) * g
      return p - 0.125 * (isNesterov ? g + momentum * state[0] : state[0])
    }
  }

  private static let adam = [1, 50].flatMap { step in
    (0..<4).map { form in
      let (isDecoupled, isAMSGrad) = (form & 1 != 0, form & 2 != 0)
      return RuleCase(
        "Adam \(form), step \(step)", zk_adam_rule(step, 0.01, 0.9, 0.999, 1e-8, 0.05, isDecoupled, isAMSGrad),
        slots: isAMSGrad ? 3 : 2
      ) { g, p, state in
        let shrunk = isDecoupled ? p * (1 - 0.01 * 0.05) : p
        moments(isDecoupled ? g : g + 0.05 * p, &state)
        if isAMSGrad { state[2] = max(state[2], state[1]) }
        let root = (state[isAMSGrad ? 2 : 1] / correction(0.999, step)).squareRoot() + 1e-8
        return shrunk - 0.01 * state[0] / correction(0.9, step) / root
      }
    }
  }

  private static let others =
    (0..<4).map { form in
      let (isCentered, momentum) = (form & 1 != 0, form & 2 != 0 ? 0.9 : 0)
      return RuleCase(
        "RMSprop \(form)", zk_rmsprop_rule(0.01, 0.75, 1e-3, 0.05, momentum, isCentered),
        slots: 1 + (isCentered ? 1 : 0) + (momentum > 0 ? 1 : 0)
      ) { g, p, state in
        let g = g + 0.05 * p
        state[0] = 0.75 * state[0] + 0.25 * g * g
        var square = state[0]
        if isCentered {
          state[1] = 0.75 * state[1] + 0.25 * g
          square -= state[1] * state[1]
        }
        var direction = g / (square.squareRoot() + 1e-3)
        if momentum > 0 {
          direction += momentum * state[state.count - 1]
          state[state.count - 1] = direction
        }
        return p - 0.01 * direction
      }
    } + [
      RuleCase("Adagrad, step 1", zk_adagrad_rule(1, 0.1, 0.5, 1e-10, 0.05, 0.25), slots: 1) { g, p, state in
        let g = g + 0.05 * p
        state[0] += 0.25 + g * g
        return p - 0.1 * g / (state[0].squareRoot() + 1e-10)
      },
      RuleCase("Adagrad, step 3", zk_adagrad_rule(3, 0.1, 0.5, 1e-10, 0.05, 0.25), slots: 1) { g, p, state in
        let g = g + 0.05 * p
        state[0] += g * g
        return p - 0.05 * g / (state[0].squareRoot() + 1e-10)
      },
      RuleCase("Lion", zk_lion_rule(0.01, 0.9, 0.99, 0.5), slots: 1) { g, p, state in
        let direction = 0.9 * state[0] + 0.1 * g
        state[0] = 0.99 * state[0] + 0.01 * g
        return p - 0.01 * ((direction > 0 ? 1 : direction < 0 ? -1 : 0) + 0.5 * p)
      },
      RuleCase("NAdam, step 1", zk_nadam_rule(1, 0.01, 0.9, 0.999, 1e-8, 0.05, 0.5, false), slots: 2) { g, p, state in
        let g = g + 0.05 * p
        moments(g, &state)
        let (mu, next) = (0.9 * (1 - 0.5 * pow(0.96, 0.5)), 0.9 * (1 - 0.5 * 0.96))
        let direction = (1 - mu) * g / (1 - mu) + next * state[0] / (1 - mu * next)
        return p - 0.01 * direction / ((state[1] / correction(0.999, 1)).squareRoot() + 1e-8)
      },
    ]

  /// 1 − base^step
  static func correction(_ base: Double, _ step: Int) -> Double { 1 - pow(base, Double(step)) }

  /// Adam's running means.
  static func moments(_ g: Double, _ state: inout [Double]) {
    state[0] = 0.9 * state[0] + 0.1 * g
    state[1] = 0.999 * state[1] + 0.001 * g * g
  }
}

/// A parameter and its state, of which what is a square is positive.
struct UpdateMemory {
  let parameter: AlignedFloats
  let state: [AlignedFloats]

  init(count: Int, slots: Int) {
    parameter = AlignedFloats(count: count, seed: 2)
    state = (0..<slots).map { slot in
      let values = AlignedFloats(count: count, seed: UInt32(3 + slot))
      for i in 0..<count { values.pointer[i] = abs(values[i]) }
      return values
    }
    // RMSprop's variance is positive: the mean of squares is above the square of the mean.
    if let first = state.first { for i in 0..<count { first.pointer[i] += 0.5 } }
  }

  init(_ other: UpdateMemory) {
    parameter = AlignedFloats(other.parameter)
    state = other.state.map { AlignedFloats($0) }
  }

  var isIntact: Bool { parameter.isIntact && state.allSatisfy(\.isIntact) }

  func isSame(as other: UpdateMemory) -> Bool {
    parameter.isSame(as: other.parameter) && zip(state, other.state).allSatisfy { $0.isSame(as: $1) }
  }
}
