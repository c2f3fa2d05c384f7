import Datasets
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What is looked at of each image: the mean of the probabilities of several views decides, as in Krizhevsky et al. 2012.
public enum TestTimeAugmentation: String, Sendable, Hashable, CaseIterable {
  /// The image alone.
  case none
  /// The image and its mirror image.
  case flip
  /// The four corners and the middle (torchvision's `FiveCrop`).
  case fiveCrop = "five-crop"
  /// The same of the image and of its mirror image (torchvision's `TenCrop`).
  case tenCrop = "ten-crop"

  /// Whether the mirror image of a part counts too. The corners of a mirror image are mirror images of corners; its middle has
  /// its own loader, as it is another by a column where as many are cut off as cannot be halved.
  private func mirrors(part: Int) -> Bool {
    switch self {
    case .none, .fiveCrop: false
    case .flip: true
    case .tenCrop: (1...CenterCrop.Corner.allCases.count).contains(part)
    }
  }

  /// Loaders of the same images in the same order, one for each part that is cut out: the middle, the corners, and for ten
  /// crops the middle of the mirror image.
  /// - Throws: ``TrainingError`` when nothing is cut out that could be cut out elsewhere.
  func loaders(like loader: DataLoader) throws -> [DataLoader] {
    guard self == .fiveCrop || self == .tenCrop else { return [loader] }
    let transforms = loader.preprocessing.transforms
    guard let place = transforms.firstIndex(where: { if case .centerCrop = $0 { true } else { false } }),
      case .centerCrop(let crop) = transforms[place]
    else {
      throw TrainingError(
        .mismatch,
        "\(rawValue) cuts out corners, but the checkpoint's images are resized whole and have none to spare; 'flip' works "
          + "with every checkpoint")
    }
    var parts: [[Transform]] = CenterCrop.Corner.allCases.map { [.centerCrop(CenterCrop(crop.size, corner: $0))] }
    if self == .tenCrop { parts.append([.randomHorizontalFlip(probability: 1), .centerCrop(crop)]) }
    return try [loader]
      + parts.map { steps in
        var other = transforms
        other.replaceSubrange(place...place, with: steps)
        var preprocessing = try Preprocessing(mode: loader.preprocessing.mode, other)
        preprocessing.decoding = loader.preprocessing.decoding
        return try DataLoader(loader.dataset, preprocessing: preprocessing, options: loader.options)
      }
  }

  /// The logarithms of the mean probabilities; the logits themselves when there is one view.
  /// - Parameters:
  ///   - images: Of each part, [N, C, H, W].
  ///   - compute: The network.
  func logits(of images: [Tensor], _ compute: (Tensor) throws -> Tensor) throws -> Tensor {
    var views: [Tensor] = []
    for (part, image) in images.enumerated() {
      views.append(try compute(image))
      if mirrors(part: part) { views.append(try compute(image.mirrored)) }
    }
    let first = views[0]
    guard views.count > 1 else { return first }
    let (rows, classes) = (first.shape[0], first.shape[1])
    var sums = [Double](repeating: 0, count: rows * classes)
    for view in views {
      let values = view.elements(as: Float.self)
      for row in 0..<rows {
        for (column, probability) in softmax(values[row * classes..<(row + 1) * classes]).enumerated() {
          sums[row * classes + column] += probability
        }
      }
    }
    return Tensor(sums.map { Float(log($0 / Double(views.count))) }, shape: first.shape)
  }
}

extension Tensor {
  /// The mirror images of float32 images [N, C, H, W].
  fileprivate var mirrored: Tensor {
    let width = shape[shape.rank - 1]
    return Tensor(shape, dtype: .float32) { target in
      let target = target.bindMemory(to: Float.self)
      withUnsafeBytes { source in
        let source = source.bindMemory(to: Float.self)
        for row in stride(from: 0, to: source.count, by: width) {
          for column in 0..<width { target[row + column] = source[row + width - 1 - column] }
        }
      }
    }
  }
}
