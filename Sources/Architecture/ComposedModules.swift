import Layers

/// Modules one after the other, each with its name: a `Sequential` whose names come from a file.
struct NamedModules: Module {
  let children: [(name: String, module: any Module)]

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    children.reduce(input) { value, child in
      child.module.emit(into: &builder, at: path.child(child.name), input: value)
    }
  }
}

/// Modules on the same input whose results are joined, added or multiplied.
struct Branches: Module {
  enum Junction {
    case concat, add, multiply
  }

  let junction: Junction
  let branches: [(name: String, module: any Module)]

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let values = branches.map { $0.module.emit(into: &builder, at: path.child($0.name), input: input) }
    switch junction {
    case .concat: return builder.add(.concat, at: path, inputs: values)
    case .add: return joined(values, by: .add, at: path, &builder)
    case .multiply: return joined(values, by: .multiply, at: path, &builder)
    }
  }

  private func joined(
    _ values: [Graph.Value], by operation: Layers.Operation, at path: ModulePath, _ builder: inout GraphBuilder
  ) -> Graph.Value {
    values.dropFirst().reduce(values[0]) { builder.add(operation, at: path, inputs: [$0, $1]) }
  }
}

/// The sum of a body and a shortcut, both at the block's own path, and an activation under a name.
struct ResidualBlock: Module {
  let body: any Module
  let shortcut: any Module
  let activation: (name: String, module: any Module)?

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let main = body.emit(into: &builder, at: path, input: input)
    let short = shortcut.emit(into: &builder, at: path, input: input)
    let sum = builder.add(.add, at: path, inputs: [main, short])
    return activation.map { $0.module.emit(into: &builder, at: path.child($0.name), input: sum) } ?? sum
  }
}
