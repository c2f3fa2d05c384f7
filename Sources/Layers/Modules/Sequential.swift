/// Modules one after the other: PyTorch's `nn.Sequential`. Without modules it is the identity.
///
/// Children bear their position as name (`features.0`, `features.1`), or the names they are given:
/// ```swift
/// Sequential(["conv1": Conv2d(1, 6, kernel: 5), "relu": ReLU()])
/// ```
public struct Sequential: Module {
  private let children: Children

  /// Children named 0, 1, 2…
  public init(_ modules: [any Module]) { children = Children(modules) }

  /// Children named 0, 1, 2… Deep networks type-check faster from an array and a loop.
  public init(@ModuleListBuilder _ modules: () -> [any Module]) { children = Children(modules()) }

  /// Children with names, in order.
  public init(_ modules: KeyValuePairs<String, any Module>) { children = Children(modules) }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    children.named.reduce(input) { value, child in
      child.module.emit(into: &builder, at: path.child(child.name), input: value)
    }
  }
}
