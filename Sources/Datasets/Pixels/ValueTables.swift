/// What each 8-bit value of each channel becomes as a number: `ToTensor` and `Normalize` in one look-up.
///
/// Computed in float32 step by step as PyTorch does, (value / 255 − mean) / std, so the bits are the same.
struct ValueTables: Sendable {
  /// 256 numbers per channel.
  let values: [Float]

  init(_ preprocessing: Preprocessing) {
    var mean: [Double] = [0]
    var std: [Double] = [1]
    for case .normalize(let givenMean, let givenStd) in preprocessing.transforms {
      (mean, std) = (givenMean, givenStd)
    }
    values = (0..<preprocessing.channels).flatMap { channel in
      let mean = Float(mean[mean.count == 1 ? 0 : channel])
      let std = Float(std[std.count == 1 ? 0 : channel])
      return (0..<256).map { (Float($0) / 255 - mean) / std }
    }
  }
}
