package import Tensors

extension Module {
  /// What a module gives for an input, and the elements of its parameters.
  /// - Parameters:
  ///   - input: The shape of what it takes, without the batch axis.
  ///   - path: Where it stands, for errors.
  /// - Throws: ``LayersError`` when the module or one inside cannot take its input.
  package func result(
    for input: Shape, at path: ModulePath
  ) throws(LayersError) -> (shape: Shape, parameterCount: Int) {
    var builder = GraphBuilder()
    let output = emit(into: &builder, at: path, input: Graph.input)
    var shapes = [input]
    for node in builder.nodes {
      shapes.append(try node.operation.result(for: node.inputs.map { shapes[$0.index] }, named: node.name))
    }
    let count = builder.parameters.reduce(0) { $0 + $1.shape.count }
    return (shapes[output.index], count)
  }
}

extension Operation {
  /// What an operation gives for inputs, without the batch axis.
  /// - Throws: ``LayersError`` at the path when it cannot take them.
  package func result(for inputs: [Shape], at path: ModulePath) throws(LayersError) -> Shape {
    try result(for: inputs, named: path.description)
  }

  fileprivate func result(for inputs: [Shape], named name: String) throws(LayersError) -> Shape {
    do throws(Misfit) {
      return try resultShape(of: inputs)
    } catch {
      throw LayersError(error.code, module: name, error.message)
    }
  }
}
