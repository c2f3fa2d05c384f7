/// How an image is to be turned before it is looked at: the values of EXIF's tag 274 (CIPA DC-008, 4.6.4 A).
enum ImageOrientation: Int, Sendable, CaseIterable {
  case asItIs = 1
  case mirrored = 2
  case halfTurn = 3
  case upsideDown = 4
  case transposed = 5
  case quarterTurnRight = 6
  case transversed = 7
  case quarterTurnLeft = 8

  /// What makes the image look right: Pillow's `exif_transpose`.
  var operations: [PixelOperation] {
    switch self {
    case .asItIs: []
    case .mirrored: [.flip]
    case .halfTurn: [.flip, .verticalFlip]
    case .upsideDown: [.verticalFlip]
    case .transposed: [.transpose]
    case .quarterTurnRight: [.transpose, .flip]
    case .transversed: [.transpose, .flip, .verticalFlip]
    case .quarterTurnLeft: [.transpose, .verticalFlip]
    }
  }

  /// The size of the turned image.
  func size(after size: ImageSize) -> ImageSize { operations.reduce(size) { $1.size(after: $0) } }

  /// Reads the orientation of a JPEG, PNG or WebP file; what cannot be read counts as none, as in Pillow.
  init(of bytes: UnsafeBufferPointer<UInt8>, _ format: ImageFormat?) {
    let metadata = EXIFReader(bytes, format)
    self = metadata.orientation.flatMap(ImageOrientation.init(rawValue:)) ?? .asItIs
  }
}
