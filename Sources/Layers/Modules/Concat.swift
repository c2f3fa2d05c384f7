/// The results of several modules on the same input [N, C, H, W], joined along the channels in order.
///
/// A branch without modules, `Sequential([])`, passes the input itself on.
public struct Concat: Module {
  private let branches: Children

  /// Branches named 0, 1, 2… Traps when there is none.
  public init(_ branches: [any Module]) {
    precondition(!branches.isEmpty, "a Concat needs at least one branch")
    self.branches = Children(branches)
  }

  /// Branches named 0, 1, 2…
  public init(@ModuleListBuilder _ branches: () -> [any Module]) { self.init(branches()) }

  /// Branches with names, in order. Traps when there is none.
  public init(_ branches: KeyValuePairs<String, any Module>) {
    precondition(!branches.isEmpty, "a Concat needs at least one branch")
    self.branches = Children(branches)
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let results = branches.named.map { branch in
      branch.module.emit(into: &builder, at: path.child(branch.name), input: input)
    }
    return builder.add(.concat, at: path, inputs: results)
  }
}
