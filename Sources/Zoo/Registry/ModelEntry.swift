public import Layers

/// An architecture of the registry: what it is, and how to build it.
public struct ModelEntry: Sendable, Identifiable {
  /// The name that users type, `alexnet`; torchvision's where it has the model.
  public let name: String
  /// The family, `vgg`.
  public let family: String
  /// One sentence about the model: what it is, and after a semicolon what is particular about it.
  public let summary: String
  /// Where the model was published.
  public let source: String
  /// The height and width of the images that the model was made for, in pixels.
  public let inputSize: Int
  /// The channels of these images.
  public let inputChannels: Int
  /// The number of classes unless told otherwise.
  public let numClasses: Int
  /// The model's own probability of dropout, `nil` for a model without.
  public let dropout: Double?
  /// Whether the model can take images that are normalised by ImageNet's statistics where its weights expect −1...1.
  public let hasInputTransform: Bool
  /// Whether it trains with auxiliary heads, which inference does not need.
  public let hasAuxiliaryHeads: Bool
  /// Whether the size of the images fixes the shapes of parameters, such as learned positions: then it is an argument of
  /// the model, ``ModelArguments/imageSize``.
  public let hasImageSize: Bool
  /// How images are prepared for evaluation by a model trained here; published weights have their own.
  public let evaluation: EvaluationPreset
  /// Whether the user has written how images are prepared: then training does it too.
  public let statesEvaluation: Bool
  /// The weights that torchvision publishes, oldest first.
  public let publishedWeights: [PublishedWeights]

  /// The versions that torchvision's classes give to their modules' parts of a state dict, by module path, where they are
  /// not the usual ones (see ``moduleVersions(of:)``).
  let stateDictVersions: [String: Int]

  /// The text that describes the architecture, of models that are not the registry's: all that building it again needs.
  public let definition: String?

  private let module: @Sendable (ModelConfiguration) throws(ZooError) -> any Module

  /// An entry; `module` receives checked arguments, and throws when the model cannot be built with them.
  package init(
    name: String, family: String, summary: String, source: String, inputSize: Int = 224, inputChannels: Int = 3,
    numClasses: Int = 1000, dropout: Double? = nil, hasInputTransform: Bool = false, hasAuxiliaryHeads: Bool = false,
    hasImageSize: Bool = false, evaluation: EvaluationPreset = .imagenet, statesEvaluation: Bool = false,
    publishedWeights: [PublishedWeights] = [],
    stateDictVersions: [String: Int] = [:], definition: String? = nil,
    module: @escaping @Sendable (ModelConfiguration) throws(ZooError) -> any Module
  ) {
    self.name = name
    self.family = family
    self.summary = summary
    self.source = source
    self.inputSize = inputSize
    self.inputChannels = inputChannels
    self.numClasses = numClasses
    self.dropout = dropout
    self.hasInputTransform = hasInputTransform
    self.hasAuxiliaryHeads = hasAuxiliaryHeads
    self.hasImageSize = hasImageSize
    self.evaluation = evaluation
    self.statesEvaluation = statesEvaluation
    self.publishedWeights = publishedWeights
    self.stateDictVersions = stateDictVersions
    self.definition = definition
    self.module = module
  }

  /// What the model is, short enough for a table.
  public var headline: String {
    let first = summary.prefix { $0 != ";" }
    return String(first.last == "." ? first.dropLast() : first)
  }

  /// The name.
  public var id: String { name }

  /// Arguments with the model's own number of classes.
  public var defaultArguments: ModelArguments { ModelArguments(numClasses: numClasses, definition: definition) }

  /// The model's own arguments for images of a height and width in pixels, or of the model's own.
  public func arguments(inputSize: Int?) -> ModelArguments {
    var arguments = defaultArguments
    if hasImageSize, let inputSize, inputSize != self.inputSize { arguments.imageSize = inputSize }
    return arguments
  }

  /// The height and width in pixels of the images that the model is for when it is built with these arguments.
  public func inputSize(with arguments: ModelArguments) -> Int { arguments.imageSize ?? inputSize }

  /// How images are prepared for evaluation by the model when it is built with these arguments.
  public func evaluation(with arguments: ModelArguments) -> EvaluationPreset {
    guard let size = arguments.imageSize, size != inputSize else { return evaluation }
    return .imagenet(resize: size, crop: size, interpolation: .bicubic)
  }

  /// The graph of the model, or of its ``defaultArguments``.
  /// - Throws: ``ZooError`` when an argument is out of range or the model does not have it.
  public func build(_ arguments: ModelArguments? = nil) throws(ZooError) -> Graph {
    let configuration = try ModelConfiguration(arguments ?? defaultArguments, of: self)
    return Graph(inputChannels: configuration.inputChannels, try module(configuration))
  }
}
