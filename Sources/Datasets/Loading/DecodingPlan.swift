/// What of an image has to be decoded for the operations that are planned, and what is left to do then.
struct DecodingPlan {
  /// What is decoded.
  private(set) var part: DecodingPart
  /// What is done to it.
  private(set) var operations: [PixelOperation]

  /// - Parameters:
  ///   - planned: For the image in full size, turned.
  ///   - reduces: Whether a JPEG may be decoded smaller than it is, and no further down than needed.
  init(_ planned: [PixelOperation], for image: ImageDecoder.Opened, reduces: Bool) {
    let turned = image.orientation.size(after: image.size)
    var steps = planned[...]
    var box = PixelBox(left: 0, top: 0, size: turned)
    if case .crop(let crop) = steps.first {
      box = crop
      steps.removeFirst()
    }
    var reduction = 1
    if reduces && image.isJPEG, case .resize(let size, let interpolation) = steps.first, interpolation != .nearest {
      reduction = Self.reduction(from: box.size, to: size)
    }
    let isTurned = image.orientation != .asItIs
    part =
      isTurned
      ? DecodingPart(all: image.size, reduction: reduction)
      : DecodingPart(box, reduction: reduction, stopsEarly: reduces)
    guard reduction > 1, case .resize(let size, let interpolation) = steps.first else {
      operations = image.orientation.operations + (isTurned && box.size != turned ? [.crop(box)] : []) + steps
      return
    }
    steps.removeFirst()
    // What the box covers of the whole pixels that were decoded.
    let decoded = DecodingPart(box, reduction: reduction).box
    let scale = Float(reduction)
    let region = PixelRegion(
      left: Float(box.left) / scale - Float(decoded.left), top: Float(box.top) / scale - Float(decoded.top),
      width: Float(box.size.width) / scale, height: Float(box.size.height) / scale)
    operations =
      image.orientation.operations + (isTurned ? [.crop(decoded)] : [])
      + [.resample(region, to: size, interpolation)] + steps
  }

  /// The largest reduction that leaves at least as many pixels as are wanted.
  private static func reduction(from size: ImageSize, to wanted: ImageSize) -> Int {
    for reduction in [8, 4, 2]
    where size.height >= wanted.height * reduction && size.width >= wanted.width * reduction {
      return reduction
    }
    return 1
  }
}

/// A rectangle that may begin and end within pixels.
struct PixelRegion: Sendable, Hashable {
  let left, top, width, height: Float
}
