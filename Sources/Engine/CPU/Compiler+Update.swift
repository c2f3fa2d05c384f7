import Layers
import Tensors

extension Compiler {
  /// What happens to a complete gradient: the optimizer's one pass, or the collector's copy; nothing where the parameter
  /// is frozen.
  func emitUpdate(_ index: Int, extents: [Int], _ gradient: Operand) throws(EngineError) {
    guard learns(index) else { return }
    let home = try store.home(index, extents: extents)
    let parameter = graph.parameters[index]
    // A gradient in another layout than the parameter is brought into it first.
    let gradient = try reorder(gradient, to: home.descriptor, module: parameter.name, pass: "backward weights")
    let count = home.descriptor.elementCount
    let (store, threads) = (store, backend.threads)
    emit(parameter.name, "update", kernel: "zoo:update", [home, gradient]) { places, context throws(EngineError) in
      try context.consume(
        places[1].floats, of: index, at: places[0].floats, count: count, store: store, threads: threads)
    }
  }
}

extension StepContext {
  /// Gives a gradient to the collector, to those that are kept, or to the optimizer with its parameter; gradient and
  /// parameter share a layout.
  func consume(
    _ gradient: UnsafeMutablePointer<Float>, of index: Int, at parameter: UnsafeMutablePointer<Float>, count: Int,
    store: ParameterStore, threads: Int
  ) throws(EngineError) {
    if let collect { try collect(index, gradient) }
    if keeps { try store.keep(gradient, of: index, isFirst: store.keptBatches == 0, threads: threads) }
    guard let update = updates?[index] else { return }
    let state = try store.state(of: index, for: update.rule)
    update.apply(gradient, to: parameter, state: state, count: count, threads: threads)
  }
}

extension ParameterStore {
  /// The optimizer's tensors of a parameter, in the order of the rule's slots.
  func state(of index: Int, for rule: UpdateRule) throws(EngineError) -> [UnsafeMutablePointer<Float>] {
    var places: [UnsafeMutablePointer<Float>] = []
    for name in rule.slots { places.append(try slot(name, of: index).floats) }
    return places
  }
}
