/// The modules inside another one, by name and in order.
struct Children: Sendable {
  let named: [(name: String, module: any Module)]

  /// Children named 0, 1, 2…
  init(_ modules: [any Module]) {
    named = modules.enumerated().map { (String($0.offset), $0.element) }
  }

  /// Children with names.
  init(_ modules: KeyValuePairs<String, any Module>) {
    named = modules.map { ($0.key, $0.value) }
  }
}

/// Collects the modules of a block: `Sequential { Conv2d(3, 6, kernel: 5); ReLU() }`, with `if` and `for`.
@resultBuilder
public enum ModuleListBuilder {
  /// One module.
  public static func buildExpression(_ module: some Module) -> [any Module] { [module] }

  /// Modules made elsewhere.
  public static func buildExpression(_ modules: [any Module]) -> [any Module] { modules }

  /// All modules of the block.
  public static func buildBlock(_ parts: [any Module]...) -> [any Module] { parts.flatMap { $0 } }

  /// `if` without `else`.
  public static func buildOptional(_ part: [any Module]?) -> [any Module] { part ?? [] }

  /// `if`.
  public static func buildEither(first part: [any Module]) -> [any Module] { part }

  /// `else`.
  public static func buildEither(second part: [any Module]) -> [any Module] { part }

  /// `for`.
  public static func buildArray(_ parts: [[any Module]]) -> [any Module] { parts.flatMap { $0 } }
}
