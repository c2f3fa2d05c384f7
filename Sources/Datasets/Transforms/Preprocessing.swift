import Foundation

/// All that is done to an image between its file and the network: a value that is stored with a checkpoint, so that
/// evaluation and prediction do exactly what the checkpoint was made for.
public struct Preprocessing: Sendable, Hashable {
  /// The longest side that a step may ask for.
  static let largestSide = 16_384

  /// The channels that an image is converted to before the first step; raw values are Pillow's modes.
  public enum Mode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Three channels; gray images are repeated in each.
    case rgb = "RGB"
    /// One channel, luma: (19595 R + 38470 G + 7471 B + 32768) >> 16.
    case gray = "L"

    /// 3 or 1.
    public var channels: Int { self == .rgb ? 3 : 1 }
  }

  /// The channels that images are converted to.
  public let mode: Mode
  /// How files become pixels.
  public var decoding = DecodingOptions()
  /// The steps in order: torchvision's `Compose`.
  public let transforms: [Transform]
  /// The size of every result.
  public let outputSize: ImageSize

  /// Composes steps: those on pixels, then `toTensor`, then at most one `normalize` and one `randomErasing`.
  /// - Throws: ``DatasetsError`` of code `argument` when the order, a parameter or the resulting size makes no sense.
  public init(mode: Mode = .rgb, _ transforms: [Transform]) throws(DatasetsError) {
    func fail(_ message: String) -> DatasetsError { DatasetsError(.argument, at: "preprocessing", message) }
    guard let toTensor = transforms.firstIndex(of: .toTensor), transforms.lastIndex(of: .toTensor) == toTensor else {
      throw fail("the steps need exactly one to_tensor, after those on pixels")
    }
    guard transforms[..<toTensor].allSatisfy({ !$0.isAfterTensor }) else {
      throw fail("normalize or random_erasing stands before to_tensor; they work on numbers and belong after it")
    }
    guard Self.isEnd(transforms[(toTensor + 1)...]) else {
      throw fail("after to_tensor there may be one normalize, then one random_erasing, and nothing else")
    }
    let problems = transforms.compactMap { $0.problem(channels: mode.channels) }
    guard problems.isEmpty else { throw fail(problems.joined(separator: "; ")) }
    var size: ImageSize?
    for transform in transforms { size = transform.fixedSize(after: size) }
    guard let size else {
      throw fail("the result's size depends on the image: add center_crop, or resize to both a height and a width")
    }
    self.mode = mode
    self.transforms = transforms
    outputSize = size
  }

  /// Whether steps may follow `toTensor`.
  private static func isEnd(_ steps: ArraySlice<Transform>) -> Bool {
    var steps = steps
    if case .normalize = steps.first { steps.removeFirst() }
    if case .randomErasing = steps.first { steps.removeFirst() }
    return steps.isEmpty
  }

  /// The step on numbers that erases, if any.
  var erasing: RandomErasing? {
    if case .randomErasing(let erasing) = transforms.last { erasing } else { nil }
  }

  /// The channels of the result: 3 or 1.
  public var channels: Int { mode.channels }

  /// The step that normalises, if any.
  public var normalization: Normalization? {
    for case .normalize(let mean, let std) in transforms { return Normalization(mean: mean, std: std) }
    return nil
  }

  /// Whether any step draws random numbers.
  public var isRandom: Bool { transforms.contains(where: \.isRandom) }
}

extension Preprocessing {
  /// The same for a result of another size: everything is resized and cut out in proportion.
  /// - Throws: ``DatasetsError`` when a size makes no sense.
  public func scaled(to size: ImageSize) throws(DatasetsError) -> Preprocessing {
    let old = outputSize
    guard size != old else { return self }
    func scaled(_ extent: Int, _ from: Int, _ to: Int) -> Int { max(1, (extent * to + from / 2) / from) }
    func scaled(_ extents: ImageSize) -> ImageSize {
      ImageSize(scaled(extents.height, old.height, size.height), scaled(extents.width, old.width, size.width))
    }
    let steps = transforms.map { step -> Transform in
      switch step {
      case .resize(let resize):
        switch resize.target {
        case .shorterSide(let side):
          return .resize(
            Resize(
              .shorterSide(scaled(side, min(old.height, old.width), min(size.height, size.width))),
              interpolation: resize.interpolation))
        case .exactly(let extents):
          return .resize(Resize(.exactly(scaled(extents)), interpolation: resize.interpolation))
        }
      case .centerCrop(let crop): return .centerCrop(CenterCrop(scaled(crop.size)))
      default: return step
      }
    }
    var result = try Preprocessing(mode: mode, steps)
    result.decoding = decoding
    return result
  }
}

extension Preprocessing: Codable {
  private enum Key: String, CodingKey {
    case mode, transforms
    case turnsByEXIF = "exif_orientation"
    case reducesJPEG = "fast_decode"
  }

  /// Reads the stored form and checks it as ``init(mode:_:)`` does.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    try self.init(
      mode: try values.decode(Mode.self, forKey: .mode), try values.decode([Transform].self, forKey: .transforms))
    decoding.turnsByEXIF = try values.decodeIfPresent(Bool.self, forKey: .turnsByEXIF) ?? false
    decoding.reducesJPEG = try values.decodeIfPresent(Bool.self, forKey: .reducesJPEG) ?? false
  }

  /// Writes the stored form.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(mode, forKey: .mode)
    try values.encode(transforms, forKey: .transforms)
    // What is not said is off, so that older versions read what does not need these.
    if decoding.turnsByEXIF { try values.encode(true, forKey: .turnsByEXIF) }
    if decoding.reducesJPEG { try values.encode(true, forKey: .reducesJPEG) }
  }

  /// Reads the JSON of a checkpoint.
  /// - Throws: ``DatasetsError`` of code `argument` that says what is wrong with it.
  public init(json: String) throws(DatasetsError) {
    do {
      self = try JSONDecoder().decode(Preprocessing.self, from: Data(json.utf8))
    } catch let error as DatasetsError {
      throw error
    } catch {
      throw DatasetsError(
        .argument, at: "preprocessing", "cannot be read: \(error); was it stored by a newer version of this program?")
    }
  }

  /// The JSON that a checkpoint stores, with sorted keys: equal values give equal text.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("a checked preprocessing has only finite numbers, which JSON can hold")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
