import CKernels
import Testing

/// Sizes around every block border: tiles of 3, 4, 6 and 16, panels, 64 outputs, 512 and 1024 inputs.
struct LinearCase: Sendable, CustomTestStringConvertible {
  let batch, inputs, outputs, threads: Int
  var testDescription: String { "[\(batch), \(inputs)] -> \(outputs), \(threads) threads" }
  var layer: zk_linear { zk_linear(batch: batch, inputs: inputs, outputs: outputs, threads: Int32(threads)) }
  var scratch: AlignedFloats {
    var layer = layer
    return AlignedFloats(count: zk_linear_scratch_bytes(&layer) / 4, repeating: .nan)
  }

  static let all = [
    LinearCase(batch: 1, inputs: 1, outputs: 1, threads: 2),
    LinearCase(batch: 2, inputs: 3, outputs: 5, threads: 1),
    LinearCase(batch: 7, inputs: 8, outputs: 16, threads: 2),
    LinearCase(batch: 3, inputs: 1030, outputs: 9, threads: 2),
    LinearCase(batch: 13, inputs: 100, outputs: 131, threads: 2),
    LinearCase(batch: 50, inputs: 33, outputs: 17, threads: 3),
    LinearCase(batch: 1, inputs: 530, outputs: 70, threads: 2),
  ]
}

@Suite(.enabled(if: zk_has_avx2())) struct LinearTests {
  @Test(arguments: LinearCase.all, [false, true]) func forward(_ test: LinearCase, relu: Bool) {
    var layer = test.layer
    let x = AlignedFloats(count: test.batch * test.inputs, seed: 1)
    let w = AlignedFloats(count: test.outputs * test.inputs, seed: 2)
    let b = AlignedFloats(count: test.outputs, seed: 3)
    let y = AlignedFloats(count: test.batch * test.outputs, repeating: .nan)
    let scratch = test.scratch
    zk_linear_forward(&layer, x.pointer, w.pointer, b.pointer, relu, y.pointer, scratch.pointer)
    for n in 0..<test.batch {
      for o in 0..<test.outputs {
        var sum = Reference()
        sum.add(b[double: o])
        for i in 0..<test.inputs { sum.add(x[double: n * test.inputs + i] * w[double: o * test.inputs + i]) }
        if relu { sum.value = max(sum.value, 0) }
        #expect(sum.accepts(y[n * test.outputs + o]), "sample \(n), output \(o)")
      }
    }
    #expect(y.isIntact && scratch.isIntact)
    let alone = AlignedFloats(count: y.count)
    layer.threads = 1
    zk_linear_forward(&layer, x.pointer, w.pointer, b.pointer, relu, alone.pointer, scratch.pointer)
    #expect(y.isSame(as: alone), "the number of threads changes the result")
  }

  @Test(arguments: LinearCase.all) func backwardData(_ test: LinearCase) {
    var layer = test.layer
    let dy = AlignedFloats(count: test.batch * test.outputs, seed: 4)
    let w = AlignedFloats(count: test.outputs * test.inputs, seed: 2)
    let dx = AlignedFloats(count: test.batch * test.inputs, repeating: .nan)
    let scratch = test.scratch
    zk_linear_backward_data(&layer, dy.pointer, w.pointer, dx.pointer, scratch.pointer)
    for n in 0..<test.batch {
      for i in 0..<test.inputs {
        var sum = Reference()
        for o in 0..<test.outputs { sum.add(dy[double: n * test.outputs + o] * w[double: o * test.inputs + i]) }
        #expect(sum.accepts(dx[n * test.inputs + i]), "sample \(n), input \(i)")
      }
    }
    #expect(dx.isIntact && scratch.isIntact)
    let alone = AlignedFloats(count: dx.count)
    layer.threads = 1
    zk_linear_backward_data(&layer, dy.pointer, w.pointer, alone.pointer, scratch.pointer)
    #expect(dx.isSame(as: alone), "the number of threads changes the result")
  }

  @Test(arguments: LinearCase.all, [false, true]) func backwardWeights(_ test: LinearCase, accumulate: Bool) {
    var layer = test.layer
    let x = AlignedFloats(count: test.batch * test.inputs, seed: 1)
    let dy = AlignedFloats(count: test.batch * test.outputs, seed: 4)
    let before = AlignedFloats(count: test.outputs * test.inputs, seed: 5)
    let dw = AlignedFloats(before)
    let biasBefore = AlignedFloats(count: test.outputs, seed: 6)
    let db = AlignedFloats(biasBefore)
    let scratch = test.scratch
    zk_linear_backward_weights(&layer, x.pointer, dy.pointer, accumulate, dw.pointer, db.pointer, scratch.pointer)
    for o in 0..<test.outputs {
      var bias = Reference()
      if accumulate { bias.add(biasBefore[double: o]) }
      for n in 0..<test.batch { bias.add(dy[double: n * test.outputs + o]) }
      #expect(bias.accepts(db[o]), "bias \(o)")
      for i in 0..<test.inputs {
        var sum = Reference()
        if accumulate { sum.add(before[double: o * test.inputs + i]) }
        for n in 0..<test.batch { sum.add(dy[double: n * test.outputs + o] * x[double: n * test.inputs + i]) }
        #expect(sum.accepts(dw[o * test.inputs + i]), "output \(o), input \(i)")
      }
    }
    #expect(dw.isIntact && db.isIntact && scratch.isIntact)
  }

  /// The fused update must give the bytes of gradient, then update.
  @Test(arguments: LinearCase.all) func fusedUpdates(_ test: LinearCase) {
    var layer = test.layer
    let count = test.outputs * test.inputs
    let x = AlignedFloats(count: test.batch * test.inputs, seed: 1)
    let dy = AlignedFloats(count: test.batch * test.outputs, seed: 4)
    let scratch = test.scratch
    let dw = AlignedFloats(count: count)
    zk_linear_backward_weights(&layer, x.pointer, dy.pointer, false, dw.pointer, nil, scratch.pointer)
    for item in RuleCase.all where zk_rule_is_elementwise([item.rule]) {
      var rule = item.rule
      let apart = UpdateMemory(count: count, slots: item.slots)
      let fused = UpdateMemory(apart)
      zk_update(
        &rule, count, 1, dw.pointer, apart.parameter.pointer, apart.state.map(\.pointer), layer.threads)
      zk_linear_backward_update(
        &layer, x.pointer, dy.pointer, &rule, fused.parameter.pointer, fused.state.map(\.pointer), nil, scratch.pointer)
      #expect(fused.isSame(as: apart), "\(item)")
      #expect(fused.isIntact && scratch.isIntact, "\(item)")
    }
  }
}
