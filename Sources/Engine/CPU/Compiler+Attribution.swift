import COneDNN
import Foundation
import Layers
import Tensors

extension Compiler {
  /// Whether the derivative for a value is what the program is for.
  func isAttributed(_ value: Int) -> Bool {
    if case .attribution(let wanted) = purpose { fused.resolved(wanted) == value } else { false }
  }

  /// Copies the derivative for a value when all that reads the value has been gone through backwards.
  func recordAttribution(of value: Int) {
    record { () throws(EngineError) in
      guard let gradient = self.gradient(of: value) else { return }
      let plain = try Descriptor(self.extents(of: value), ZDNN_PLAIN)
      let copy = self.allocate(plain)
      try self.emitCopy(gradient.operand, to: copy, module: "", pass: "backward data")
      self.attribution = copy
    }
  }

  /// The derivative of the logit of each image's class for all logits: 1 there, and 0 elsewhere.
  func emitChosenLogit(_ logits: Operand) throws(EngineError) {
    let classes = shapes[fused.output].count
    let rows = batch
    let gradient = allocate(logits.descriptor)
    emit("loss", "forward", kernel: "zoo:chosen_logit", [gradient]) { places, context in
      memset(places[0], 0, rows * classes * MemoryLayout<Float>.size)
      guard case .classes(let labels) = context.targets else { return }
      for (row, label) in labels.enumerated() { places[0].floats[row * classes + Int(label)] = 1 }
    }
    try contribute(fused.output, gradient, isExclusive: true, module: "loss")
  }

  /// Zeros of a value's extents.
  func zeros(like value: Int) throws(EngineError) -> Operand {
    let operand = allocate(try Descriptor(extents(of: fused.resolved(value)), ZDNN_PLAIN))
    let byteCount = operand.descriptor.byteCount
    emit("", "backward data", kernel: "zoo:zeros", [operand]) { places, _ in memset(places[0], 0, byteCount) }
    return operand
  }
}
