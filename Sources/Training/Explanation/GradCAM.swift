import Checkpoint
public import Datasets
import Engine
import Layers
import Tensors
import Zoo

/// What in an image speaks for a class (Selvaraju et al. 2017, "Grad-CAM: visual explanations from deep networks via
/// gradient-based localization", arXiv:1610.02391).
///
/// With the values A [K, h, w] of a layer and the derivatives of a class's logit for them, the map is
/// max(Σ_k α_k·A_k, 0), where α_k is the mean of the derivatives of channel k. Batch normalisation goes by its running
/// statistics, and nothing is left out at random.
public struct GradCAM {
  /// The layer that is looked at.
  public let layer: String

  private let model: TrainedModel
  private let program: AttributionProgram

  /// The map of one image.
  public struct Map: Sendable {
    /// The class that is explained, and how probable it is.
    public let guess: Prediction.Guess
    /// The class that the network finds the most probable.
    public let prediction: Prediction.Guess
    /// h·w numbers in 0...1, rows from the top; all 0 where nothing speaks for the class.
    public let heat: [Float]
    /// h and w.
    public let size: ImageSize
    /// What the network saw.
    public let image: Image
  }

  /// Compiles what is needed.
  /// - Parameters:
  ///   - model: The network with the preprocessing of its checkpoint.
  ///   - layer: A module path; the last layer with height and width when `nil`.
  /// - Throws: ``TrainingError`` when there is no such layer, or it has neither height nor width.
  public init(_ model: TrainedModel, layer: String? = nil) throws {
    let graph = model.network.graph
    let size = model.preprocessing.outputSize
    let shapes = try graph.shapes(input: [graph.inputChannels, size.height, size.width])
    func hasExtent(_ value: Graph.Value) -> Bool {
      let shape = shapes[value.index]
      return shape.rank == 3 && shape[1] * shape[2] > 1
    }
    let value: Graph.Value
    if let layer {
      value = try graph.values(ofModules: [layer])[0]
      guard hasExtent(value) else {
        throw TrainingError(
          .settings,
          "the layer '\(layer.terminalEscaped)' gives \(shapes[value.index]) for each image, and a map needs height and width; "
            + "choose one before the pooling")
      }
      self.layer = layer
    } else {
      let needed = graph.inferenceNodes
      guard let last = graph.nodes.indices.last(where: { needed.contains($0) && hasExtent(graph.nodes[$0].output) })
      else {
        throw TrainingError(
          .settings,
          "no layer has height and width left for images of \(size.height)x\(size.width); the network sees too little for a map"
        )
      }
      value = graph.nodes[last].output
      self.layer = graph.nodes[last].name
    }
    self.model = model
    program = try model.network.attributionProgram(
      batchSize: 1, inputSize: Pair(size.height, size.width), value: value)
  }

  /// Explains one image.
  /// - Parameters:
  ///   - path: An image file.
  ///   - label: The class; the most probable one when `nil`.
  /// - Throws: `DatasetsError` that names the file.
  public func map(ofImageAt path: String, label: Int? = nil) throws -> Map {
    let input = try model.preprocessing.tensor(ofImageAt: path)
    let result = try program.run(images: input, classes: label.map { [$0] })
    let probabilities = softmax(result.logits.elements(as: Float.self)[...])
    func guess(_ label: Int) -> Prediction.Guess {
      Prediction.Guess(label: label, className: model.name(of: label), probability: probabilities[label])
    }
    let best = probabilities.indices.reduce(0) { probabilities[$1] > probabilities[$0] ? $1 : $0 }
    let shape = result.value.shape
    return Map(
      guess: guess(label ?? best), prediction: guess(best),
      heat: Self.heat(
        result.value.elements(as: Float.self), result.gradient.elements(as: Float.self), channels: shape[1]),
      size: ImageSize(shape[2], shape[3]), image: model.preprocessing.image(of: input.elements(as: Float.self)))
  }

  /// The map of values and derivatives [K, h·w], scaled so that its largest number is 1.
  static func heat(_ values: [Float], _ gradients: [Float], channels: Int) -> [Float] {
    let area = values.count / max(channels, 1)
    var sums = [Double](repeating: 0, count: area)
    for channel in 0..<channels {
      let range = channel * area..<(channel + 1) * area
      let weight = gradients[range].reduce(0.0) { $0 + Double($1) } / Double(area)
      for (place, value) in values[range].enumerated() { sums[place] += weight * Double(value) }
    }
    let heat = sums.map { max($0, 0) }
    guard let largest = heat.max(), largest > 0 else { return heat.map { _ in 0 } }
    return heat.map { Float($0 / largest) }
  }

  /// The class that a word names: a class of the checkpoint, or its index.
  /// - Throws: ``TrainingError`` with the nearest names when there is none.
  public static func label(_ word: String, of model: TrainedModel) throws(TrainingError) -> Int {
    if let index = model.classNames.firstIndex(of: word) { return index }
    if let index = Int(word), (0..<model.classCount).contains(index) { return index }
    let near = nearestNames(to: word, among: model.classNames).map { "'\($0.terminalEscaped)'" }
    throw TrainingError(
      .settings,
      "there is no class '\(word.prefix(64).description.terminalEscaped)'; "
        + (near.isEmpty
          ? "classes have indices from 0 to \(model.classCount - 1)"
            + (model.classNames.isEmpty ? "" : ", or their names")
          : "did you mean \(near.joined(separator: " or "))?"))
  }
}
