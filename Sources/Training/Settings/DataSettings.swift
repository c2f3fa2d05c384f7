public import Datasets

/// How data is read, beyond where it lies.
public struct DataSettings: Sendable, Hashable, Codable {
  /// How the class folders of a folder, or the class names of a list, are numbered.
  public var classOrder = ClassOrder.codePoint
  /// The folder that the images of a list lie in; the list's own word, or its folder, when `nil`.
  public var root: String?
  /// The names of the labels, from a `class_indices.json`; the data's own when `nil`.
  public var classNames: [String]?

  /// Which samples an epoch shows.
  public var sampler = Sampler.shuffle
  /// So many samples of tar archives are waiting to be drawn from.
  public var shuffleBuffer = 1000

  /// Whether images are turned as their EXIF orientation says.
  public var turnsByEXIF = false
  /// Whether large JPEGs are decoded at a half, a quarter or an eighth of their size.
  public var reducesJPEG = false

  /// How files become pixels, in training, validation and use.
  var decoding: DecodingOptions { DecodingOptions(turnsByEXIF: turnsByEXIF, reducesJPEG: reducesJPEG) }

  /// Which samples an epoch shows.
  public enum Sampler: String, Sendable, Hashable, Codable, CaseIterable {
    /// Each once, in random order.
    case shuffle
    /// As many as there are, drawn with replacement so that every class comes as often as any other.
    case balanced
  }

  /// As torchvision reads.
  public init() {}

  // Spelled as they come back from `turns_by_exif` and `reduces_jpeg`.
  private enum CodingKeys: String, CodingKey {
    case classOrder, root, classNames, sampler, shuffleBuffer
    case turnsByEXIF = "turnsByExif"
    case reducesJPEG = "reducesJpeg"
  }

  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let known = try values.decodeIfPresent(ClassOrder.self, forKey: .classOrder) { classOrder = known }
    if let known = try values.decodeIfPresent(Sampler.self, forKey: .sampler) { sampler = known }
    if let known = try values.decodeIfPresent(Int.self, forKey: .shuffleBuffer) { shuffleBuffer = known }
    turnsByEXIF = try values.decodeIfPresent(Bool.self, forKey: .turnsByEXIF) ?? false
    reducesJPEG = try values.decodeIfPresent(Bool.self, forKey: .reducesJPEG) ?? false
    root = try values.decodeIfPresent(String.self, forKey: .root)
    classNames = try values.decodeIfPresent([String].self, forKey: .classNames)
  }
}
