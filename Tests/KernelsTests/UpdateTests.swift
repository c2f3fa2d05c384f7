import CKernels
import Foundation
import Testing

/// Against PyTorch's documented formulas in double precision; 2e-6 is some float32 roundings of a result below 1.
@Suite(.enabled(if: zk_has_avx2())) struct UpdateTests {
  static let counts = [1, 7, 8, 23, 20_003]

  private func isClose(_ result: Float, _ expected: Double) -> Bool {
    abs(Double(result) - expected) <= 2e-6 * (abs(expected) + 0.05)
  }

  @Test(arguments: counts, 0..<16) func sgd(count: Int, form: Int) {
    var rule = zk_sgd(
      learning_rate: 0.125, momentum: form & 1 == 0 ? 0 : 0.75, dampening: form & 2 == 0 ? 0 : 0.25,
      weight_decay: 0.0625,
      nesterov: form & 4 != 0, first: form & 8 != 0)
    let gradient = AlignedFloats(count: count, seed: 1)
    let before = AlignedFloats(count: count, seed: 2)
    let bufferBefore = AlignedFloats(count: count, seed: 3)
    let parameter = AlignedFloats(before)
    let buffer = AlignedFloats(bufferBefore)
    let hasBuffer = rule.momentum != 0
    zk_update_sgd(&rule, count, 0.5, gradient.pointer, parameter.pointer, hasBuffer ? buffer.pointer : nil, 2)
    for i in 0..<count {
      let g = gradient[double: i] * 0.5 + 0.0625 * before[double: i]
      var b = bufferBefore[double: i]
      var direction = g
      if hasBuffer {
        b = rule.first ? g : 0.75 * b + (form & 2 == 0 ? 1 : 0.75) * g
        direction = rule.nesterov ? g + 0.75 * b : b
      }
      #expect(isClose(parameter[i], before[double: i] - 0.125 * direction), "parameter \(i)")
      #expect(isClose(buffer[i], b), "buffer \(i)")
    }
    #expect(parameter.isIntact && buffer.isIntact)
  }

  @Test(arguments: counts, [(1, false), (1, true), (50, false), (50, true)])
  func adam(count: Int, variant: (step: Int, decoupled: Bool)) {
    var rule = zk_adam_at(variant.step, 0.01, 0.9, 0.999, 1e-8, 0.05, variant.decoupled)
    let gradient = AlignedFloats(count: count, seed: 1)
    let before = AlignedFloats(count: count, seed: 2)
    let firstBefore = AlignedFloats(count: count, seed: 3)
    let secondBefore = AlignedFloats(count: count, seed: 4)
    for i in 0..<count { secondBefore.pointer[i] = abs(secondBefore[i]) }
    let parameter = AlignedFloats(before)
    let first = AlignedFloats(firstBefore)
    let second = AlignedFloats(secondBefore)
    zk_update_adam(&rule, count, 0.5, gradient.pointer, parameter.pointer, first.pointer, second.pointer, 2)
    for i in 0..<count {
      var p = before[double: i]
      var g = gradient[double: i] * 0.5
      if variant.decoupled { p *= 1 - 0.01 * 0.05 } else { g += 0.05 * p }
      let m = 0.9 * firstBefore[double: i] + 0.1 * g
      let v = 0.999 * secondBefore[double: i] + 0.001 * g * g
      let root = v.squareRoot() / (1 - pow(0.999, Double(variant.step))).squareRoot()
      p -= 0.01 / (1 - pow(0.9, Double(variant.step))) * m / (root + 1e-8)
      #expect(isClose(parameter[i], p), "parameter \(i)")
      #expect(isClose(first[i], m), "first moment \(i)")
      #expect(isClose(second[i], v), "second moment \(i)")
    }
    #expect(parameter.isIntact && first.isIntact && second.isIntact)
  }
}
