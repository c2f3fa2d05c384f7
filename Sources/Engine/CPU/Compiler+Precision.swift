import CKernels
import COneDNN
import Layers

/// What convolutions and linear layers multiply, in the numbers of ``ExecutionOptions/precision``.
///
/// The two kinds of bfloat16 differ here alone: one asks for memories of bfloat16 elements, into which oneDNN's reorders
/// convert, and the other for float32 memories of the same layouts, whose elements are rounded.
extension Compiler {
  /// The elements of factors.
  var factorType: zdnn_type { options.precision == .bfloat16 ? ZDNN_BFLOAT16 : ZDNN_FLOAT32 }

  /// A layout of factors, by default one that a primitive chooses.
  func factorLayout(_ extents: [Int], _ layout: zdnn_layout = ZDNN_ANY) throws(EngineError) -> Descriptor {
    try Descriptor(extents, layout, type: factorType)
  }

  /// A value as a factor in a layout, copied unless it is one.
  func factor(_ value: Int, as wanted: Descriptor, module: String, pass: String = "forward") throws(EngineError)
    -> Operand
  {
    guard options.precision == .emulatedBFloat16 else {
      return try reorder(value, to: wanted, module: module, pass: pass)
    }
    return try factor(operand(value), as: wanted, among: &roundedValues[value, default: []], module: module, pass: pass)
  }

  /// An operand as a factor in a layout.
  /// - Parameter copies: Those that were made of it for other passes.
  func factor(
    _ operand: Operand, as wanted: Descriptor, among copies: inout [Operand], module: String, pass: String
  ) throws(EngineError) -> Operand {
    let isRounded = options.precision == .emulatedBFloat16
    if !isRounded, operand.descriptor.matches(wanted) { return operand }
    if let known = copies.first(where: { $0.descriptor.matches(wanted) }) { return known }
    let copy = allocate(wanted)
    let isMoved = !operand.descriptor.matches(wanted)
    if isMoved { try emitCopy(operand, to: copy, module: module, pass: pass) }
    if isRounded { append(rounding(isMoved ? copy : operand, into: copy, module: module, pass: pass)) }
    copies.append(copy)
    return copy
  }

  /// A parameter as a factor in a layout: its home, or this program's copy, renewed when parameters have changed.
  /// - Parameter preferred: The layout of its home if it has none yet.
  func weights(_ index: Int, extents: [Int], as wanted: Descriptor, preferred: Descriptor? = nil)
    throws(EngineError) -> Operand
  {
    // bfloat16 copies are no place for parameters to live in.
    let usual = options.precision == .bfloat16 ? try Descriptor(extents, ZDNN_PLAIN) : wanted
    let home = try store.home(index, extents: extents, preferred: preferred ?? usual)
    if let known = weightCopies[index]?.first(where: { $0.descriptor.matches(wanted) }) { return known }
    let factor = try weights(home, as: wanted, named: graph.parameters[index].name)
    weightCopies[index, default: []].append(factor)
    return factor
  }

  /// Weights at a fixed place as a factor in a layout.
  func weights(_ operand: Operand, as wanted: Descriptor, named name: String) throws(EngineError) -> Operand {
    let isRounded = options.precision == .emulatedBFloat16
    let isMoved = !operand.descriptor.matches(wanted)
    guard isRounded || isMoved else { return operand }
    let copy = try keep(wanted)
    if isMoved {
      // Winograd's weights are made of plain ones alone.
      if let primitive = Primitive(trying: zdnn_reorder(backend.handle, operand.descriptor.handle, wanted.handle)) {
        try addPrologue(primitive, from: operand, to: copy, named: name)
      } else {
        let plain = try keep(try Descriptor(operand.descriptor.extents, ZDNN_PLAIN))
        for (source, target) in [(operand, plain), (plain, copy)] {
          let primitive = try Primitive(
            zdnn_reorder(backend.handle, source.descriptor.handle, target.descriptor.handle), module: name)
          try addPrologue(primitive, from: source, to: target, named: name)
        }
      }
    }
    if isRounded { try addPrologue(rounding(isMoved ? copy : operand, into: copy, module: name, pass: "weights")) }
    return copy
  }

  private func addPrologue(
    _ primitive: Primitive, from source: Operand, to target: Operand, named name: String
  ) throws(EngineError) {
    try addPrologue(
      Instruction(
        module: name, pass: "weights", implementation: primitive.implementation,
        work: .primitive(primitive, [(Argument.source, source), (Argument.destination, target)])))
  }

  private func rounding(_ source: Operand, into result: Operand, module: String, pass: String) -> Instruction {
    let (count, threads) = (result.descriptor.elementCount, Int32(backend.threads))
    return Instruction(
      module: module, pass: pass == "weights" ? pass : "\(pass) (rounding)", implementation: "zoo:bfloat16",
      work: .kernel([source, result]) { places, _ in
        zk_round_bfloat16(places[0].floats, places[1].floats, count, threads)
      })
  }
}

extension Primitive {
  /// Refuses oneDNN's reference kernels for bfloat16, which are hundreds of times slower: float32 is the better choice then.
  func checkSpeed(_ precision: ExecutionOptions.Precision, module: String) throws(EngineError) {
    guard precision == .bfloat16, implementation.contains("ref") else { return }
    throw EngineError(
      .backend, module: module,
      "\(ExecutionOptions.platform) has only a reference kernel ('\(implementation)') for this layer in bfloat16; use "
        + "'--precision bf16-emulated' or '--precision fp32'")
  }
}
