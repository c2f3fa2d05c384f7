import Foundation
import SwiftProtobuf

extension ONNXAttribute {
  /// A whole number.
  static func int(_ name: String, _ value: Int) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.type = .int
      $0.i = Int64(value)
    }
  }

  /// Whole numbers.
  static func ints(_ name: String, _ values: [Int]) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.type = .ints
      $0.ints = values.map(Int64.init)
    }
  }

  /// A number, rounded to float32.
  static func float(_ name: String, _ value: Double) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.type = .float
      $0.f = Float(value)
    }
  }

  /// A word.
  static func string(_ name: String, _ value: String) -> ONNXAttribute {
    .with {
      $0.name = name
      $0.type = .string
      $0.s = Data(value.utf8)
    }
  }
}

extension ONNXValueInfo {
  /// An input or output of float32.
  init(_ name: String, batch: ExportOptions.Batch, _ dimensions: [Int]) {
    var shape = ONNXTensorShape()
    let first: ONNXTensorShape.Dimension.OneOf_Value =
      switch batch {
      case .fixed(let count): .dimValue(Int64(count))
      case .dynamic: .dimParam("batch")
      }
    shape.dim =
      [.with { $0.value = first }] + dimensions.map { extent in .with { $0.dimValue = Int64(extent) } }
    self.init()
    self.name = name
    type.tensorType.elemType = 1
    type.tensorType.shape = shape
  }
}
