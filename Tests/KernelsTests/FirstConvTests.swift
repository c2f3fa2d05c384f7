import CKernels
import Testing

/// Kernels of the families, in small, and odd sizes around the tiles' borders (6 pixels, 6 taps, 16 channels).
struct FirstConvCase: Sendable, CustomTestStringConvertible {
  let batch, channels, height, width, outputs: Int
  let kernel, stride, padding: (height: Int, width: Int)
  let threads: Int

  var testDescription: String { "[\(batch), \(channels), \(height), \(width)], kernel \(kernel), stride \(stride)" }
  var outHeight: Int { (height + 2 * padding.height - kernel.height) / stride.height + 1 }
  var outWidth: Int { (width + 2 * padding.width - kernel.width) / stride.width + 1 }
  var blocks: Int { (outputs + 7) / 8 }
  var taps: Int { channels * kernel.height * kernel.width }

  var conv: zk_first_conv {
    zk_first_conv(
      batch: batch, channels: channels, height: height, width: width, outputs: outputs, kernel_height: kernel.height,
      kernel_width: kernel.width, stride_height: stride.height, stride_width: stride.width, pad_top: padding.height,
      pad_left: padding.width, out_height: outHeight, out_width: outWidth, threads: Int32(threads))
  }

  var scratch: AlignedFloats {
    var conv = conv
    return AlignedFloats(count: zk_first_conv_scratch_bytes(&conv) / 4, repeating: .nan)
  }

  /// Where channel `o` of a pixel lies in nChw8c.
  func place(_ n: Int, _ o: Int, _ h: Int, _ w: Int) -> Int {
    (((n * blocks + o / 8) * outHeight + h) * outWidth + w) * 8 + o % 8
  }

  /// Calls `body` with the places of src and weights that meet at an output.
  func window(_ n: Int, _ o: Int, _ h: Int, _ w: Int, body: (Int, Int) -> Void) {
    for c in 0..<channels {
      for kh in 0..<kernel.height {
        for kw in 0..<kernel.width {
          let y = h * stride.height + kh - padding.height
          let x = w * stride.width + kw - padding.width
          guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
          body(
            ((n * channels + c) * height + y) * width + x,
            (o * channels + c) * kernel.height * kernel.width + kh * kernel.width + kw)
        }
      }
    }
  }

  static let all = [
    FirstConvCase(
      batch: 2, channels: 3, height: 39, width: 43, outputs: 20, kernel: (11, 11), stride: (4, 4), padding: (2, 2),
      threads: 2),
    FirstConvCase(
      batch: 1, channels: 3, height: 20, width: 21, outputs: 16, kernel: (7, 7), stride: (2, 2), padding: (3, 3),
      threads: 2),
    FirstConvCase(
      batch: 1, channels: 3, height: 9, width: 14, outputs: 24, kernel: (3, 3), stride: (1, 1), padding: (1, 1),
      threads: 2),
    FirstConvCase(
      batch: 3, channels: 1, height: 12, width: 12, outputs: 6, kernel: (5, 5), stride: (1, 1), padding: (0, 0),
      threads: 1),
    FirstConvCase(
      batch: 1, channels: 4, height: 9, width: 11, outputs: 5, kernel: (3, 5), stride: (3, 1), padding: (0, 2),
      threads: 3),
    FirstConvCase(
      batch: 1, channels: 2, height: 300, width: 130, outputs: 1, kernel: (2, 1), stride: (3, 3), padding: (1, 0),
      threads: 2),
    FirstConvCase(
      batch: 1, channels: 1, height: 1, width: 1, outputs: 1, kernel: (1, 1), stride: (1, 1), padding: (0, 0),
      threads: 2),
  ]
}

@Suite(.enabled(if: zk_has_avx2())) struct FirstConvTests {
  @Test(arguments: FirstConvCase.all, [false, true]) func forward(_ test: FirstConvCase, relu: Bool) {
    var conv = test.conv
    let src = AlignedFloats(count: test.batch * test.channels * test.height * test.width, seed: 1)
    let weights = AlignedFloats(count: test.outputs * test.taps, seed: 2)
    let bias = AlignedFloats(count: test.outputs, seed: 3)
    let dst = AlignedFloats(count: test.batch * test.blocks * 8 * test.outHeight * test.outWidth, repeating: .nan)
    let scratch = test.scratch
    zk_first_conv_forward(&conv, src.pointer, weights.pointer, bias.pointer, relu, dst.pointer, scratch.pointer)
    for n in 0..<test.batch {
      for o in 0..<test.blocks * 8 {
        for h in 0..<test.outHeight {
          for w in 0..<test.outWidth {
            var sum = Reference()
            if o < test.outputs {
              sum.add(bias[double: o])
              test.window(n, o, h, w) { sum.add(src[double: $0] * weights[double: $1]) }
            }
            if relu { sum.value = max(sum.value, 0) }
            #expect(sum.accepts(dst[test.place(n, o, h, w)]), "sample \(n), channel \(o), pixel \(h), \(w)")
          }
        }
      }
    }
    #expect(dst.isIntact && scratch.isIntact)
    let alone = AlignedFloats(count: dst.count)
    conv.threads = 1
    zk_first_conv_forward(&conv, src.pointer, weights.pointer, bias.pointer, relu, alone.pointer, scratch.pointer)
    #expect(dst.isSame(as: alone), "the number of threads changes the result")
  }

  @Test(arguments: FirstConvCase.all, [false, true]) func backwardWeights(_ test: FirstConvCase, accumulate: Bool) {
    var conv = test.conv
    let src = AlignedFloats(count: test.batch * test.channels * test.height * test.width, seed: 1)
    let dy = AlignedFloats(count: test.batch * test.blocks * 8 * test.outHeight * test.outWidth, seed: 4)
    let before = AlignedFloats(count: test.outputs * test.taps, seed: 5)
    let biasBefore = AlignedFloats(count: test.outputs, seed: 6)
    let dw = AlignedFloats(before)
    let db = AlignedFloats(biasBefore)
    let scratch = test.scratch
    zk_first_conv_backward_weights(&conv, src.pointer, dy.pointer, accumulate, dw.pointer, db.pointer, scratch.pointer)
    var sums = [Reference](repeating: Reference(), count: test.outputs * test.taps)
    var biases = [Reference](repeating: Reference(), count: test.outputs)
    for n in 0..<test.batch {
      for o in 0..<test.outputs {
        for h in 0..<test.outHeight {
          for w in 0..<test.outWidth {
            let d = dy[double: test.place(n, o, h, w)]
            biases[o].add(d)
            test.window(n, o, h, w) { sums[$1].add(src[double: $0] * d) }
          }
        }
      }
    }
    for i in sums.indices {
      if accumulate { sums[i].add(before[double: i]) }
      #expect(sums[i].accepts(dw[i]), "weight \(i)")
    }
    for o in biases.indices {
      if accumulate { biases[o].add(biasBefore[double: o]) }
      #expect(biases[o].accepts(db[o]), "bias \(o)")
    }
    #expect(dw.isIntact && db.isIntact && scratch.isIntact)
    let alone = (AlignedFloats(before), AlignedFloats(biasBefore))
    conv.threads = 1
    zk_first_conv_backward_weights(
      &conv, src.pointer, dy.pointer, accumulate, alone.0.pointer, alone.1.pointer, scratch.pointer)
    #expect(dw.isSame(as: alone.0) && db.isSame(as: alone.1), "the number of threads changes the result")
  }
}
