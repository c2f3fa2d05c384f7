import CKernels
import Foundation
import Testing

/// Against the rules' formulas in double precision; 2e-6 is some float32 roundings of a result below 1.
@Suite(.enabled(if: zk_has_avx2())) struct UpdateTests {
  static let counts = [1, 7, 8, 23, 20_003]

  private func isClose(_ result: Float, _ expected: Double) -> Bool {
    abs(Double(result) - expected) <= 2e-6 * (abs(expected) + 0.05)
  }

  @Test(arguments: counts, RuleCase.all) func formula(count: Int, item: RuleCase) {
    var rule = item.rule
    let gradient = AlignedFloats(count: count, seed: 1)
    let before = UpdateMemory(count: count, slots: item.slots)
    let after = UpdateMemory(before)
    zk_update(&rule, count, 0.5, gradient.pointer, after.parameter.pointer, after.state.map(\.pointer), 2)
    for i in 0..<count {
      var state = before.state.map { $0[double: i] }
      let expected = item.formula(gradient[double: i] * 0.5, before.parameter[double: i], &state)
      #expect(isClose(after.parameter[i], expected), "parameter \(i)")
      for slot in state.indices { #expect(isClose(after.state[slot][i], state[slot]), "slot \(slot) \(i)") }
    }
    #expect(after.isIntact)
  }

  /// LAMB's length is the whole tensor's: one of zeros moves by the rate alone.
  @Test(arguments: counts, [false, true]) func lamb(count: Int, isZero: Bool) {
    var rule = zk_lamb_rule(3, 0.01, 0.9, 0.999, 1e-6, 0.05)
    let gradient = AlignedFloats(count: count, seed: 1)
    let before = UpdateMemory(count: count, slots: 2)
    if isZero { for i in 0..<count { before.parameter.pointer[i] = 0 } }
    let after = UpdateMemory(before)
    zk_update(&rule, count, 0.5, gradient.pointer, after.parameter.pointer, after.state.map(\.pointer), 2)
    var directions: [Double] = []
    var (parameterSquares, directionSquares) = (0.0, 0.0)
    for i in 0..<count {
      var state = before.state.map { $0[double: i] }
      RuleCase.moments(gradient[double: i] * 0.5, &state)
      let root = (state[1] / RuleCase.correction(0.999, 3)).squareRoot() + 1e-6
      let direction = state[0] / RuleCase.correction(0.9, 3) / root + 0.05 * before.parameter[double: i]
      directions.append(direction)
      parameterSquares += before.parameter[double: i] * before.parameter[double: i]
      directionSquares += direction * direction
      #expect(isClose(after.state[0][i], state[0]) && isClose(after.state[1][i], state[1]), "state \(i)")
    }
    let ratio = isZero ? 1 : (parameterSquares / directionSquares).squareRoot()
    for i in 0..<count {
      #expect(isClose(after.parameter[i], before.parameter[double: i] - 0.01 * ratio * directions[i]), "parameter \(i)")
    }
    #expect(after.isIntact)
  }

  /// Nothing but LAMB's length depends on where a parameter stands in the tensor, to the byte.
  @Test(arguments: RuleCase.all) func oneByOneIsTheSame(item: RuleCase) {
    var rule = item.rule
    let count = 61
    let gradient = AlignedFloats(count: count, seed: 1)
    let together = UpdateMemory(count: count, slots: item.slots)
    let apart = UpdateMemory(together)
    zk_update(&rule, count, 1, gradient.pointer, together.parameter.pointer, together.state.map(\.pointer), 1)
    for i in 0..<count {
      zk_update(&rule, 1, 1, gradient.pointer + i, apart.parameter.pointer + i, apart.state.map { $0.pointer + i }, 1)
    }
    #expect(together.isSame(as: apart))
  }

  /// What Lion cannot decide stays where it is, and what is no number is not hidden.
  @Test func signs() {
    var rule = zk_lion_rule(0.5, 0.9, 0.99, 0)
    let gradient = AlignedFloats(count: 4)
    for (i, value) in [0, -3, 1e-30, Float.nan].enumerated() { gradient.pointer[i] = value }
    let (parameter, moment) = (AlignedFloats(count: 4), AlignedFloats(count: 4))
    zk_update(&rule, 4, 1, gradient.pointer, parameter.pointer, [moment.pointer], 1)
    #expect([parameter[0], parameter[1], parameter[2]] == [0, 0.5, -0.5])
    #expect(parameter[3].isNaN)
  }

  /// The product that PyTorch keeps as a tensor: falls, and ends at 0 without counting on.
  @Test func nadamsProduct() {
    let first = 0.9 * (1 - 0.5 * pow(0.96, 0.004))
    #expect(zk_nadam_mu_product(0, 0.9, 0.004) == 1)
    #expect(zk_nadam_mu_product(1, 0.9, 0.004) == Float(first))
    #expect(zk_nadam_mu_product(.max, 0.9, 0.004) == 0)
  }
}
