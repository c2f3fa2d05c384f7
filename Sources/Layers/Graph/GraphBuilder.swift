/// Where a module stands in a network: `layer1.0.conv1`, and the empty path for the network itself.
public struct ModulePath: Sendable, Hashable, CustomStringConvertible {
  /// `layer1.0.conv1`
  public let description: String

  /// The network itself.
  public init() { description = "" }

  private init(_ description: String) { self.description = description }

  /// The path of a child.
  public func child(_ name: String) -> ModulePath {
    ModulePath(description.isEmpty ? name : "\(description).\(name)")
  }

  /// The path of a child with a number, as in a `Sequential`.
  public func child(_ index: Int) -> ModulePath { child(String(index)) }
}

/// A part of a network that adds its operations to a graph: PyTorch's `nn.Module`.
public protocol Module: Sendable {
  /// Adds the module's operations and parameters.
  /// - Parameters:
  ///   - builder: The graph so far.
  ///   - path: Where the module stands; the names of its parameters start with it.
  ///   - input: What the module takes.
  /// - Returns: What the module gives.
  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value
}

/// A graph under construction.
public struct GraphBuilder {
  private(set) var nodes: [Graph.Node] = []
  private(set) var parameters: [Parameter] = []
  private(set) var auxiliaries: [Graph.Auxiliary] = []
  private(set) var imageSize: Pair?
  private var names: Set<String> = []

  /// Adds an operation.
  /// - Parameters:
  ///   - operation: What to compute.
  ///   - path: The module that computes it.
  ///   - inputs: Values of this graph.
  ///   - parameters: In the order that `operation` documents. Traps when a name stands twice in the graph.
  /// - Returns: The result.
  public mutating func add(
    _ operation: Operation, at path: ModulePath, inputs: [Graph.Value], parameters new: [Parameter] = []
  ) -> Graph.Value {
    add(operation, at: path, inputs: inputs, declared: declare(new))
  }

  /// Adds an operation with parameters that were declared before.
  ///
  /// PyTorch lists the parameters of a module itself before those of the modules inside, also when they are used last.
  public mutating func add(
    _ operation: Operation, at path: ModulePath, inputs: [Graph.Value], declared: [DeclaredParameter]
  ) -> Graph.Value {
    precondition(inputs.allSatisfy { $0.index <= nodes.count }, "an input of '\(path)' is not of this graph")
    let output = Graph.Value(index: nodes.count + 1)
    nodes.append(
      Graph.Node(
        name: path.description, operation: operation, inputs: inputs, output: output,
        parameters: declared.map(\.index)))
    return output
  }

  /// Gives parameters their place in the state dict, for an operation that is added later. Traps when a name stands twice
  /// in the graph.
  public mutating func declare(_ new: [Parameter]) -> [DeclaredParameter] {
    for parameter in new {
      precondition(names.insert(parameter.name).inserted, "two parameters are called '\(parameter.name)'")
    }
    let first = parameters.count
    parameters += new
    return (first..<parameters.count).map(DeclaredParameter.init)
  }

  /// Adds a result that only training looks at: logits whose loss, multiplied by `lossWeight`, is added to that of the
  /// graph's own result.
  public mutating func addAuxiliary(_ value: Graph.Value, lossWeight: Double) {
    precondition(value.index <= nodes.count, "an auxiliary result is not of this graph")
    auxiliaries.append(Graph.Auxiliary(value: value, lossWeight: lossWeight))
  }

  /// Says that the network takes images of one size alone, in pixels.
  public mutating func requireImageSize(_ size: Pair) { imageSize = size }

  /// A parameter that has its place in the state dict.
  public struct DeclaredParameter: Sendable, Hashable {
    fileprivate let index: Int
  }
}
