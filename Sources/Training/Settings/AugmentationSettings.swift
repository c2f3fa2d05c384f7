public import Datasets

/// How training images are varied beyond ``TrainingSettings/augmentation``, and how images are resized.
public struct AugmentationSettings: Sendable, Hashable, Codable {
  /// A policy that chooses operations by itself.
  public enum Policy: String, Sendable, Hashable, Codable, CaseIterable {
    /// One random operation of random strength (Müller and Hutter 2021).
    case trivial
    /// Some random operations of one strength (Cubuk et al. 2020).
    case rand
  }

  /// How often an image is turned upside down, in 0...1.
  public var verticalFlip = 0.0
  /// The largest angle to either side that an image is turned by, in degrees.
  public var rotation = 0.0
  /// How much brightness, contrast, saturation and hue change: 0.4 stands for factors of 0.6 to 1.4, and for the hue, at
  /// most 0.5, for a turn by up to 0.4 of the circle.
  public var colorJitter = [0.0, 0.0, 0.0, 0.0]
  /// How often colours are taken away, in 0...1.
  public var grayscale = 0.0
  /// The policy, if any.
  public var policy: Policy?
  /// Operations of ``Policy/rand`` for each image.
  public var operations = 2
  /// Strength of ``Policy/rand``, 0 to 30.
  public var magnitude = 9
  /// How often a random rectangle is erased, in 0...1.
  public var erasing = 0.0
  /// What padding shows where an image is padded.
  public var paddingMode = Pad.Mode.constant
  /// How images are resized, in training, validation and use.
  public var interpolation = Interpolation.bilinear
  /// What images are normalised by, in training, validation and use; what suits the data when `nil`.
  public var normalization: Normalization?
  /// How images are resized for validation and use, before the middle is cut out; as suits the data when `nil`.
  public var resize: Resize.Target?

  /// Nothing beyond the usual.
  public init() {}

  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
      if let known = try values.decodeIfPresent(Value.self, forKey: key) { value = known }
    }
    try read(.verticalFlip, into: &verticalFlip)
    try read(.rotation, into: &rotation)
    try read(.colorJitter, into: &colorJitter)
    try read(.grayscale, into: &grayscale)
    policy = try values.decodeIfPresent(Policy.self, forKey: .policy)
    try read(.operations, into: &operations)
    try read(.magnitude, into: &magnitude)
    try read(.erasing, into: &erasing)
    try read(.paddingMode, into: &paddingMode)
    try read(.interpolation, into: &interpolation)
    normalization = try values.decodeIfPresent(Normalization.self, forKey: .normalization)
    resize = try values.decodeIfPresent(Resize.Target.self, forKey: .resize)
  }

  /// What cannot be used, one sentence each.
  var problems: [String] {
    var problems: [String] = []
    for (name, share) in [("upside down", verticalFlip), ("gray", grayscale), ("erased in part", erasing)]
    where !(0...1).contains(share) {
      problems.append("images are to be \(name) with a probability of \(share); it must be in 0...1")
    }
    if !(0...180).contains(rotation) {
      problems.append("images are to be turned by up to \(rotation) degrees; it must be in 0...180")
    }
    if colorJitter.count != 4 || !colorJitter.allSatisfy({ $0 >= 0 && $0.isFinite }) || colorJitter.last ?? 0 > 0.5 {
      problems.append(
        "the colour jitter is \(colorJitter); expected brightness, contrast, saturation and hue, each at least 0 and the "
          + "hue at most 0.5")
    }
    if !(0...14).contains(operations) { problems.append("\(operations) operations for each image; there are 0 to 14") }
    let usual = Self()
    if policy != .rand, operations != usual.operations || magnitude != usual.magnitude {
      problems.append(
        "the number and strength of operations are those of the policy 'rand', and "
          + (policy.map { "'\($0.rawValue)' chooses" } ?? "there is no policy to choose") + " them; leave them out")
    }
    if !(0...30).contains(magnitude) { problems.append("the strength of operations is \(magnitude); it is 0 to 30") }
    return problems
  }

  /// The steps on pixels that come after cropping and mirroring.
  var pixelSteps: [Transform] {
    var steps: [Transform] = []
    if verticalFlip > 0 { steps.append(.randomVerticalFlip(probability: verticalFlip)) }
    if rotation > 0 {
      steps.append(.randomRotation(RandomRotation(-rotation...rotation, interpolation: interpolation)))
    }
    if colorJitter.contains(where: { $0 > 0 }) {
      steps.append(
        .colorJitter(
          ColorJitter(
            brightness: colorJitter[0], contrast: colorJitter[1], saturation: colorJitter[2], hue: colorJitter[3])))
    }
    if grayscale > 0 { steps.append(.randomGrayscale(probability: grayscale)) }
    switch policy {
    case .trivial: steps.append(.trivialAugmentWide(TrivialAugmentWide(interpolation: interpolation)))
    case .rand:
      steps.append(.randAugment(RandAugment(count: operations, magnitude: magnitude, interpolation: interpolation)))
    case nil: break
    }
    return steps
  }

  /// The steps on numbers that come last.
  var numberSteps: [Transform] {
    erasing > 0 ? [.randomErasing(RandomErasing(probability: erasing))] : []
  }
}
