import Checkpoint
import Datasets
import Foundation
import Layers
public import ONNX
import OrderedCollections
import Tensors
import Zoo

extension StoredModel {
  /// What a user of the exported model needs to know, as texts by name.
  private func properties(_ size: Int) throws -> [(key: String, value: String)] {
    var properties = [
      ("model", entry.name), ("arguments", try Self.text(arguments)),
      ("preprocessing", try Self.text(preprocessing.scaled(to: ImageSize(size)))),
    ]
    if !classNames.isEmpty { properties.append(("class_names", try Self.text(classNames))) }
    return properties
  }

  private static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The model as ONNX.
  /// - Parameters:
  ///   - inputSize: Height and width of the images in pixels; what the checkpoint prepares them to unless given. For another
  ///     size they are to be resized in proportion.
  ///   - options: How it is written.
  /// - Throws: `ONNXError` when weights are missing or of another shape and for layers that ONNX does not have,
  ///   `LayersError` when the network does not take images of the size.
  public func export(inputSize: Int? = nil, options: ExportOptions = ExportOptions()) throws -> Export {
    let size = inputSize ?? self.inputSize
    return try Export(
      graph, name: entry.name, input: [graph.inputChannels, size, size],
      weights: Dictionary(uniqueKeysWithValues: net.map { ($0.key, $0.value) }), properties: properties(size),
      options: options)
  }
}
