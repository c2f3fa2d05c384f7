public import Tensors

/// How the tensors of a file differ from those that an architecture expects: everything at once.
public struct Mismatches: Sendable, Hashable {
  /// A tensor whose shape is another.
  public struct Reshaped: Sendable, Hashable {
    /// The tensor's state-dict name.
    public let name: String
    /// The architecture's shape.
    public let expected: Shape
    /// The file's shape.
    public let found: Shape

    /// A difference.
    public init(name: String, expected: Shape, found: Shape) {
      self.name = name
      self.expected = expected
      self.found = found
    }
  }

  /// Names that the architecture has and the file has not.
  public let missing: [String]
  /// Names that the file has and the architecture has not, in the order of the file.
  public let unexpected: [String]
  /// Names that both have, with different shapes.
  public let reshaped: [Reshaped]

  /// Whether there are none.
  public var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && reshaped.isEmpty }

  /// Compares the tensors of a file with what is expected.
  public init(found: StateDict, expected: [String: Shape]) {
    self.init(found: found.names, shapes: found.shapes, expected: expected)
  }

  /// Compares the tensors of a file, by their names in order and their shapes, with what is expected.
  package init(found names: [String], shapes: [String: Shape], expected: [String: Shape]) {
    missing = expected.keys.filter { shapes[$0] == nil }.sorted()
    unexpected = names.filter { expected[$0] == nil }
    reshaped = names.compactMap { name in
      guard let wanted = expected[name], let shape = shapes[name], wanted != shape else { return nil }
      return Reshaped(name: name, expected: wanted, found: shape)
    }
  }

  /// So many names of a kind are listed.
  private static let listed = 100

  /// One line for each kind of difference, with the names, fit for a terminal. Of very many the last are only counted.
  public var summary: String {
    var lines: [String] = []
    if !missing.isEmpty { lines.append("missing (\(missing.count)): \(Self.list(missing))") }
    if !unexpected.isEmpty { lines.append("unexpected (\(unexpected.count)): \(Self.list(unexpected))") }
    if !reshaped.isEmpty {
      let texts = reshaped.prefix(Self.listed).map {
        "\($0.name.terminalEscaped) is \($0.found), expected \($0.expected)"
      }
      lines.append(
        "of another shape (\(reshaped.count)): \(texts.joined(separator: "; "))\(Self.rest(reshaped.count))")
    }
    return lines.joined(separator: "\n")
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(listed).map(\.terminalEscaped).joined(separator: ", ") + rest(names.count)
  }

  private static func rest(_ count: Int) -> String { count > listed ? "; and \(count - listed) more" : "" }
}

extension Snapshot {
  /// How the net differs from what an architecture expects.
  public func mismatches(expected: [String: Shape]) -> Mismatches { Mismatches(found: net, expected: expected) }

  /// Refuses a net that is not the expected architecture's.
  /// - Parameters:
  ///   - expected: The shapes of all parameters and buffers by name.
  ///   - architecture: The architecture that is meant, for the error.
  ///   - path: The file, for the error.
  /// - Throws: ``CheckpointError/Code/mismatch`` listing every difference.
  public func check(expected: [String: Shape], architecture: String, path: String = "") throws {
    let mismatches = mismatches(expected: expected)
    guard !mismatches.isEmpty else { return }
    let own = self.architecture.map { " (the file says it is '\($0.terminalEscaped)')" } ?? ""
    throw CheckpointError(
      .mismatch, path: path, "the tensors are not those of '\(architecture)'\(own)\n\(mismatches.summary)")
  }
}
