import Tensors

/// How the images of one batch are mixed: each with the one before it, and the first with the last.
public enum Mixture: Sendable, Hashable {
  /// Every pixel is a share of the image's own and the rest of its neighbour's.
  case mixup(share: Double)
  /// A rectangle is the neighbour's.
  case cutmix(PixelBox, of: ImageSize)

  /// What of each image is its own, in 0...1.
  public var share: Double {
    switch self {
    case .mixup(let share): share
    case .cutmix(let box, let size):
      1 - Double(box.size.width * box.size.height) / Double(size.width * size.height)
    }
  }

  /// Mixes a batch in place.
  /// - Parameters:
  ///   - images: [count, channels, height, width].
  ///   - shape: [channels, height, width].
  func apply(to images: UnsafeMutablePointer<Float>, count: Int, shape: [Int]) {
    let (sampleCount, plane) = (shape.reduce(1, *), shape[1] * shape[2])
    // The first image's neighbour is overwritten before its turn comes.
    let last = UnsafeMutablePointer<Float>.allocate(capacity: sampleCount)
    defer { last.deallocate() }
    last.update(from: images + (count - 1) * sampleCount, count: sampleCount)
    for sample in stride(from: count - 1, through: 0, by: -1) {
      let own = images + sample * sampleCount
      let neighbour = UnsafePointer(sample == 0 ? last : own - sampleCount)
      switch self {
      case .mixup(let share):
        let (mine, other) = (Float(share), Float(1 - share))
        for i in 0..<sampleCount { own[i] = neighbour[i] * other + own[i] * mine }
      case .cutmix(let box, _):
        guard box.size.width > 0 else { continue }
        for channel in 0..<shape[0] {
          for row in box.top..<box.top + box.size.height {
            let start = channel * plane + row * shape[2] + box.left
            (own + start).update(from: neighbour + start, count: box.size.width)
          }
        }
      }
    }
  }

  /// How much of each class the images of a mixed batch are.
  /// - Parameter labels: Of the images before, each in 0..<`classes`.
  /// - Returns: [N, classes], float32.
  func probabilities(of labels: [Int32], classes: Int) -> Tensor {
    let (mine, other) = (Float(share), Float(1 - share))
    var values = [Float](repeating: 0, count: labels.count * classes)
    for (index, label) in labels.enumerated() {
      let neighbour = labels[index == 0 ? labels.count - 1 : index - 1]
      values[index * classes + Int(neighbour)] += other
      values[index * classes + Int(label)] += mine
    }
    return Tensor(values, shape: [labels.count, classes])
  }
}

extension PixelBox {
  /// A rectangle around a random pixel whose sides are √(1 − share) of an image's, as far as it lies inside.
  init(share: Double, size: ImageSize, _ random: inout RandomSource) {
    let (x, y) = (random.integer(below: size.width), random.integer(below: size.height))
    let radius = 0.5 * (1 - share).squareRoot()
    let (width, height) = (Int(radius * Double(size.width)), Int(radius * Double(size.height)))
    let (left, top) = (max(x - width, 0), max(y - height, 0))
    self.init(
      left: left, top: top, size: ImageSize(min(y + height, size.height) - top, min(x + width, size.width) - left))
  }
}
