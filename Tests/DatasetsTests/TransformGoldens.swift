import Foundation
import Testing

@testable import Datasets

/// What torchvision's transforms made of the images in `Goldens/images`; see `make_transforms.py`.
struct TransformGoldens: Decodable {
  /// One operation with its parameters.
  struct Step: Decodable, Sendable {
    let op: String
    /// [top, left, height, width]
    let box: [Int]?
    /// [left, top, right, bottom]
    let margins: [Int]?
    let mode: Pad.Mode?
    let fill: FillColor?
    let degrees, scale, magnitude, factor: Double?
    let interpolation: Interpolation?
    let expand: Bool?
    /// [x, y]
    let translation: [Int]?
    /// [x, y], degrees
    let shear: [Double]?
    let name: String?
    let bits: Int?
  }

  struct Chain: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let chain: [Step]
    /// [height, width]
    let size: [Int]
    let pixels: String
    var testDescription: String { "\(chain.map(\.op).joined(separator: ", ")) of \(file)" }
  }

  struct Erasing: Decodable, Sendable {
    /// [top, left, height, width]
    let box: [Int]
    let value: [Double]
    let floats: String
  }

  /// [height, width] that the strengths of `rand` are for.
  let size: [Int]
  /// The strengths of every bin of each operation.
  let wide, rand: [String: [Double]]
  let erasing: [Erasing]
  let chains: [Chain]

  /// The goldens, or nothing when they cannot be read: then a test fails for their absence.
  static let all: TransformGoldens? = {
    let data = FileManager.default.contents(atPath: Goldens.folder + "/transforms.json")
    return data.flatMap { try? JSONDecoder().decode(TransformGoldens.self, from: $0) }
  }()
}

extension TransformGoldens.Step {
  /// The operations that the step comes down to for an image of a size; none when a parameter is missing.
  func operations(for size: ImageSize) -> [PixelOperation]? {
    let fill = fill ?? .black
    switch op {
    case "crop":
      guard let box else { return nil }
      return [.crop(PixelBox(left: box[1], top: box[0], size: ImageSize(box[2], box[3])))]
    case "pad":
      guard let m = margins, let mode else { return nil }
      let margins = Pad.Margins(left: m[0], top: m[1], right: m[2], bottom: m[3])
      return Pad(margins, mode: mode, fill: fill).operations(for: size)
    case "rotate":
      guard let degrees, let interpolation else { return nil }
      return RandomRotation.operations(
        for: size, by: degrees, interpolation, expand: expand ?? false, fill: fill)
    case "affine":
      guard let degrees, let translation, let scale, let shear, let interpolation else { return nil }
      let map = AffineMap(
        size, degrees: degrees, translation: (translation[0], translation[1]), scale: scale,
        shear: (shear[0], shear[1]))
      return [.affine(map, to: size, interpolation, fill)]
    case "auto":
      guard let magnitude, let interpolation, let operation = name.flatMap(AutoAugmentOperation.init) else {
        return nil
      }
      return operation.operations(magnitude, for: size, interpolation, fill)
    case "verticalFlip": return [.verticalFlip]
    default: return color.map { [.color($0)] }
    }
  }

  private var color: ColorOperation? {
    switch op {
    case "grayscale": .grayscale
    case "brightness": factor.map { .brightness($0) }
    case "contrast": factor.map { .contrast($0) }
    case "saturation": factor.map { .saturation($0) }
    case "hue": factor.map { .hue($0) }
    case "sharpness": factor.map { .sharpness($0) }
    case "posterize": bits.map { .posterize(bits: $0) }
    case "solarize": factor.map { .solarize(threshold: $0) }
    case "autoContrast": .autoContrast
    case "equalize": .equalize
    default: nil
    }
  }
}
