import COneDNN
import Foundation
import Layers
import Tensors

extension Compiler {
  /// [N, C, H, W] as [N, C·H·W]: the plain layout under other extents.
  func emitFlatten(_ group: FusedGraph.Group) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let source = try reorder(input, to: try Descriptor(extents(of: input), ZDNN_PLAIN), module: module)
    let flat = try Descriptor(extents(of: group.output), ZDNN_PLAIN)
    define(group.output, Operand(flat, source.location))
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      let given = try self.reorder(gradient.operand, to: flat, module: module, pass: "backward data")
      let isCopy = !gradient.operand.descriptor.matches(flat)
      try self.contribute(
        input, Operand(source.descriptor, given.location), isExclusive: isCopy || gradient.isExclusive, module: module)
    }
  }

  /// The axes in another order: the same memory, seen otherwise.
  func emitPermute(_ group: FusedGraph.Group, _ order: [Int]) throws(EngineError) {
    let input = group.inputs[0]
    let source = operand(input)
    let withBatch = [0] + order.map { $0 + 1 }
    var inverse = withBatch
    for (place, axis) in withBatch.enumerated() { inverse[axis] = place }
    define(group.output, Operand(try source.descriptor.permuted(withBatch), source.location))
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      try self.contribute(
        input, Operand(try gradient.operand.descriptor.permuted(inverse), gradient.operand.location),
        isExclusive: gradient.isExclusive, module: group.node.name)
    }
  }

  /// Values one behind the other along the channels.
  func emitConcat(_ group: FusedGraph.Group) throws(EngineError) {
    if shapes[group.output].rank == 3 { return try emitConcat(ofImages: group) }
    let module = group.node.name
    let sources = group.inputs.map { operand($0) }
    let destination = try Descriptor(extents(of: group.output), ZDNN_ANY)
    let handles = sources.map(\.descriptor.handle)
    let primitive = try Primitive(
      zdnn_concat(backend.handle, Int32(handles.count), handles, destination.handle), module: module)
    let result = allocate(try primitive.descriptor(Argument.destination))
    emit(
      module, "forward", primitive,
      sources.enumerated().map { (Argument.multipleSource + Int32($0.offset), $0.element) }
        + [(Argument.destination, result)])
    define(group.output, result)

    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      var first = 0
      for (input, source) in zip(group.inputs, sources) {
        let extents = self.extents(of: input)
        defer { first += extents[1] }
        guard self.wantsGradient(input) else { continue }
        let part = try self.window(
          gradient.operand, extents, at: [0, first] + extents.dropFirst(2).map { _ in 0 }, module: module)
        let target = self.allocate(source.descriptor)
        try self.emitCopy(part, to: target, module: module, pass: "backward data")
        try self.contribute(input, target, isExclusive: true, module: module)
      }
    }
  }

  /// An image with zeros around it; negative sides cut it.
  func emitZeroPad(_ group: FusedGraph.Group, _ sides: Sides) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let source = operand(input)
    let (own, padded) = (shapes[input], shapes[group.output])
    let layout = try sameLayout(as: source.descriptor, extents(of: input), for: extents(of: group.output))
    let result = allocate(layout)
    define(group.output, result)

    // The part of the image that stays, where it lies in the input and where in the output.
    let kept = [
      batch, own[0], min(own[1], own[1] + sides.top, own[1] + sides.bottom, padded[1]),
      min(own[2], own[2] + sides.left, own[2] + sides.right, padded[2]),
    ]
    let from = [0, 0, max(0, -sides.top), max(0, -sides.left)]
    let to = [0, 0, max(0, sides.top), max(0, sides.left)]
    emitZeros(result, module: module, pass: "forward")
    try emitCopy(
      try window(source, kept, at: from, module: module), to: try window(result, kept, at: to, module: module),
      module: module, pass: "forward")

    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let target = self.allocate(source.descriptor)
      self.emitZeros(target, module: module, pass: "backward data")
      try self.emitCopy(
        try self.window(gradient.operand, kept, at: to, module: module),
        to: try self.window(target, kept, at: from, module: module), module: module, pass: "backward data")
      try self.contribute(input, target, isExclusive: true, module: module)
    }
  }

  func emitZeros(_ operand: Operand, module: String, pass: String) {
    let byteCount = operand.descriptor.byteCount
    emit(module, pass, kernel: "zoo:zeros", [operand]) { places, _ in memset(places[0], 0, byteCount) }
  }

  /// Part of an operand; where its layout cannot express the part, of a plain copy.
  func window(
    _ operand: Operand, _ extents: [Int], at offsets: [Int], module: String
  ) throws(EngineError) -> Operand {
    if let part = operand.descriptor.window(extents, at: offsets) { return Operand(part, operand.location) }
    var whole = extents
    for axis in whole.indices { whole[axis] = operand.descriptor.extents[axis] }
    let plain = try reorder(operand, to: try Descriptor(whole, ZDNN_PLAIN), module: module, pass: "backward data")
    guard let part = plain.descriptor.window(extents, at: offsets) else {
      throw EngineError(.backend, module: module, "oneDNN has no window of a plain memory")
    }
    return Operand(part, plain.location)
  }

  /// The layout of a descriptor for other extents.
  private func sameLayout(
    as descriptor: Descriptor, _ extents: [Int], for others: [Int]
  ) throws(EngineError) -> Descriptor {
    for layout in [ZDNN_BLOCKED8, ZDNN_BLOCKED16, ZDNN_CHANNELS_LAST]
    where try Descriptor(extents, layout).matches(descriptor) {
      return try Descriptor(others, layout)
    }
    return try Descriptor(others, ZDNN_PLAIN)
  }
}
