/// What can be chosen about a model: enough, with the model's name, to build its graph again.
///
/// Encoded with PyTorch's spelling: `{"num_classes": 5, "init_weights": true}`.
public struct ModelArguments: Sendable, Hashable, Codable {
  /// The number of classes that images are divided into, in 1...1,000,000.
  public var numClasses: Int
  /// `true` starts the parameters by the family's published scheme, `false` by PyTorch's defaults for each layer, and
  /// `nil` by what the model's authors did (see ``ModelEntry/summary``).
  public var initWeights: Bool?
  /// The probability of dropout in 0..<1; `nil` is the model's own. Models without dropout refuse it.
  ///
  /// It stands for every dropout of the model, also where the model's own differ (googlenet: 0.2, and 0.7 in its auxiliary
  /// heads).
  public var dropout: Double?
  /// The channels of the images, in 1...4096; `nil` is the model's own, 3 for RGB in most.
  public var inputChannels: Int?
  /// `true` turns images normalised by ImageNet's statistics into images normalised to −1...1 before anything else, as
  /// torchvision's weights of googlenet and inception_v3 expect; `nil` and `false` do nothing. Other models refuse it.
  public var transformInput: Bool?
  /// The text that describes an architecture of the user's own; `nil` for models of the registry.
  public var definition: String?
  /// `false` leaves out the auxiliary heads that googlenet and inception_v3 train with; `nil` and `true` keep them. Other
  /// models refuse `true`.
  public var auxLogits: Bool?
  /// The height and width in pixels of the images that the model is for, in 1...4096; `nil` is the model's own size. Only
  /// models whose parameters depend on it (see ``ModelEntry/hasImageSize``) take another, as torchvision's `image_size`;
  /// the others take images of any size as they are, and refuse it.
  public var imageSize: Int?

  /// Arguments; what is left out is the model's own choice. See also ``ModelEntry/defaultArguments``, which knows the
  /// number of classes too.
  public init(
    numClasses: Int = 1000, initWeights: Bool? = nil, dropout: Double? = nil, inputChannels: Int? = nil,
    transformInput: Bool? = nil, auxLogits: Bool? = nil, imageSize: Int? = nil, definition: String? = nil
  ) {
    self.numClasses = numClasses
    self.initWeights = initWeights
    self.dropout = dropout
    self.inputChannels = inputChannels
    self.transformInput = transformInput
    self.definition = definition
    self.auxLogits = auxLogits
    self.imageSize = imageSize
  }

  private enum CodingKeys: String, CodingKey {
    case numClasses = "num_classes"
    case initWeights = "init_weights"
    case dropout
    case inputChannels = "input_channels"
    case transformInput = "transform_input"
    case definition
    case auxLogits = "aux_logits"
    case imageSize = "image_size"
  }
}

/// Arguments that were checked against a model and filled up from it: what a family builds from.
package struct ModelConfiguration: Sendable {
  package let numClasses: Int
  package let initWeights: Bool?
  package let dropout: Double
  /// The probability that the user asked for, if any.
  package let givenDropout: Double?
  package let inputChannels: Int
  package let transformsInput: Bool
  package let hasAuxiliaryHeads: Bool
  /// The height and width of the images, in pixels.
  package let imageSize: Int

  init(_ arguments: ModelArguments, of entry: ModelEntry) throws(ZooError) {
    func refuse(_ message: String) -> ZooError { ZooError(.argument, model: entry.name, message) }
    guard (1...1_000_000).contains(arguments.numClasses) else {
      throw refuse("the number of classes is \(arguments.numClasses), but must be in 1...1000000")
    }
    let channels = arguments.inputChannels ?? entry.inputChannels
    guard (1...4096).contains(channels) else {
      throw refuse("the number of input channels is \(channels), but must be in 1...4096: 3 for RGB, 1 for grey images")
    }
    if let dropout = arguments.dropout {
      guard entry.dropout != nil else {
        throw refuse("dropout \(dropout) is asked for, but the model has no dropout; leave it out")
      }
      guard (0..<1).contains(dropout) else {
        throw refuse("the dropout probability is \(dropout), but must be at least 0 and below 1")
      }
    }
    if arguments.transformInput == true {
      guard entry.hasInputTransform else {
        throw refuse("transform_input is asked for, but only models with ported weights have it; leave it out")
      }
      guard channels == 3 else {
        throw refuse("transform_input is for 3 input channels, but the model has \(channels); leave it out")
      }
    }
    if arguments.auxLogits == true, !entry.hasAuxiliaryHeads {
      throw refuse("aux_logits is asked for, but the model has no auxiliary heads; leave it out")
    }
    if let size = arguments.imageSize, size != entry.inputSize {
      guard entry.hasImageSize else {
        throw refuse("image_size is asked for, but the model's parameters are the same for every size; leave it out")
      }
      guard (1...4096).contains(size) else {
        throw refuse("the image size is \(size) pixels, but must be in 1...4096")
      }
    }
    numClasses = arguments.numClasses
    initWeights = arguments.initWeights
    dropout = arguments.dropout ?? entry.dropout ?? 0
    givenDropout = arguments.dropout
    inputChannels = channels
    imageSize = arguments.imageSize ?? entry.inputSize
    transformsInput = arguments.transformInput ?? false
    hasAuxiliaryHeads = entry.hasAuxiliaryHeads && arguments.auxLogits ?? true
  }
}
