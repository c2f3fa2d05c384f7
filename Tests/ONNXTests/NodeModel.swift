import Checkpoint
import Fixtures
import Foundation
import SwiftProtobuf

@testable import ONNX

/// An ONNX model that is put together node by node; the first result of the last node is the model's.
struct NodeModel {
  var model: ONNXModel

  /// - Parameter input: [C, H, W] of the images, which are called `input`.
  init(opset: Int = 17, input: [Int] = [3, 4, 4], _ nodes: [ONNXNode], _ tensors: [ONNXTensorValue] = []) {
    model = .with {
      $0.irVersion = 8
      $0.opsetImport = [.with { $0.version = Int64(opset) }]
      $0.graph = .with {
        $0.name = "nodes"
        $0.node = nodes
        $0.initializer = tensors
        $0.input = [ONNXValueInfo("input", batch: .dynamic, input)]
        $0.output = [ONNXValueInfo(nodes.last?.output.first ?? "", batch: .dynamic, [1])]
      }
    }
  }

  /// A node with one result, called as it unless another name is given.
  static func node(
    _ kind: String, _ inputs: [String], _ output: String, _ attributes: [ONNXAttribute] = [], named name: String? = nil
  ) -> ONNXNode {
    .with {
      $0.opType = kind
      $0.name = name ?? output
      $0.input = inputs
      $0.output = [output]
      $0.attribute = attributes
    }
  }

  /// The means of the channels as a vector.
  static func means(of value: String, _ output: String) -> [ONNXNode] {
    [node("GlobalAveragePool", [value], "\(output).pool"), node("Flatten", ["\(output).pool"], output)]
  }

  /// A tensor of float32.
  static func tensor(_ name: String, _ dims: [Int], _ numbers: [Float]) -> ONNXTensorValue {
    .with {
      $0.name = name
      $0.dataType = 1
      $0.dims = dims.map(Int64.init)
      $0.floatData = numbers
    }
  }

  /// A vector of int64.
  static func vector(_ name: String, _ numbers: [Int]) -> ONNXTensorValue {
    .with {
      $0.name = name
      $0.dataType = 7
      $0.dims = [Int64(numbers.count)]
      $0.int64Data = numbers.map(Int64.init)
    }
  }

  /// The network of the model.
  func imported() throws -> ImportedNetwork {
    let folder = try TemporaryFolder()
    let path = folder.path("a.onnx")
    try PublishedFile.write([UInt8](model.serializedData()), to: path)
    return try ImportedNetwork(opening: path)
  }

  /// Why there is none; empty when there is one.
  var refusal: String {
    do {
      _ = try imported()
      return ""
    } catch {
      return "\(error)"
    }
  }
}
