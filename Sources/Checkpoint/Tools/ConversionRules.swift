import OrderedCollections
public import Tensors

/// What becomes of a snapshot on its way into another file. What happens to a parameter happens to the optimizer's tensors
/// for it too.
public struct ConversionRules {
  /// Names of the net that are kept; all when empty.
  public var only: [NameExpression] = []
  /// Names of the net that are left out.
  public var drop: [NameExpression] = []
  /// New names, one rule after the other.
  public var renames: [RenameRule] = []
  /// What every name of the net begins with afterwards.
  public var prefix = ""
  /// The type of the net's floating-point tensors; the optimizer's keep theirs.
  public var dtype: DType?
  /// Whether everything but the net is left out.
  public var isWeightsOnly = false
  /// Whether numbers may become infinite or 0 in ``dtype``, and whether what a format cannot hold may be left out.
  public var isLossy = false

  /// Rules that change nothing.
  public init() {}

  /// What became of a tensor of the net.
  public struct Move: Sendable, Hashable {
    /// The name before.
    public let name: String
    /// The name afterwards.
    public let newName: String
    /// The extents.
    public let shape: Shape
    /// The type before.
    public let dtype: DType
    /// The type afterwards.
    public let newDType: DType
  }

  /// A snapshot by these rules.
  public struct Result {
    /// What is to be written.
    public var snapshot: LazySnapshot
    /// The tensors of the net that are kept, in order.
    public var moves: [Move]
    /// Those that are left out, and `the optimizer` and others by what they are called.
    public var dropped: [String]
  }

  /// Applies the rules.
  /// - Throws: ``CheckpointError/Code/invalid`` when two tensors would have one name, or nothing is left.
  public func applied(to source: LazySnapshot) throws -> Result {
    var result = Result(snapshot: source, moves: [], dropped: [])
    if isWeightsOnly { result.keepNetOnly() }
    result.snapshot.net = [:]
    var names: [String: String] = [:]
    var owners: [String: String] = [:]
    for (name, tensor) in source.net {
      guard only.isEmpty || only.contains(where: { $0.matches(name) }), !drop.contains(where: { $0.matches(name) })
      else {
        result.dropped.append(name)
        continue
      }
      let newName = prefix + (try renames.reduce(name) { try $1.applied(to: $0) })
      if let other = owners.updateValue(name, forKey: newName) {
        throw CheckpointError(
          .invalid,
          "'\(other.terminalEscaped)' and '\(name.terminalEscaped)' would both be called '\(newName.terminalEscaped)'")
      }
      names[name] = newName
      let converted = converted(tensor, name: name)
      result.snapshot.net[newName] = converted
      result.moves.append(
        Move(name: name, newName: newName, shape: tensor.shape, dtype: tensor.dtype, newDType: converted.dtype))
    }
    guard !names.isEmpty || source.net.isEmpty else {
      throw CheckpointError(.invalid, "these rules leave none of \(source.net.count) tensors")
    }
    result.rename(names)
    return result
  }

  /// A tensor in the type that is asked for.
  private func converted(_ source: TensorSource, name: String) -> TensorSource {
    guard let dtype, source.dtype.isFloatingPoint, dtype != source.dtype else { return source }
    let isLossy = isLossy
    let stream: TensorSource.Stream = { access, body in
      var (tooLarge, tooSmall) = (0, 0)
      try source.forEachPiece(access) { piece in
        let numbers = Tensor([piece.count / source.dtype.size], dtype: source.dtype) { $0.copyMemory(from: piece) }
        guard let converted = numbers.converted(to: dtype) else {
          preconditionFailure("one floating-point type converts to another")
        }
        tooLarge += converted.overflowCount
        tooSmall += converted.underflowCount
        try converted.tensor.withUnsafeBytes(body)
      }
      guard tooLarge + tooSmall == 0 || isLossy else {
        throw CheckpointError(
          .unsupported,
          "'\(name.terminalEscaped)' holds \(tooLarge) numbers too large for \(dtype.rawValue) and \(tooSmall) too small; "
            + "'--lossy' makes them infinite and 0")
      }
    }
    return TensorSource(
      source.shape, dtype: dtype,
      accessing: { access in
        try Tensor(source.shape, dtype: dtype) { bytes in
          var done = 0
          try stream(access) { piece in
            UnsafeMutableRawBufferPointer(rebasing: bytes[done...]).copyMemory(from: piece)
            done += piece.count
          }
        }
      }, stream: stream)
  }
}

extension ConversionRules.Result {
  fileprivate mutating func keepNetOnly() {
    let old = snapshot
    snapshot = LazySnapshot(net: old.net)
    // What the net is belongs to it.
    snapshot.metadata.architecture = old.metadata.architecture
    snapshot.metadata.arguments = old.metadata.arguments
    snapshot.metadata.moduleVersions = old.metadata.moduleVersions
    snapshot.metadata.classNames = old.metadata.classNames
    snapshot.metadata.preprocessing = old.metadata.preprocessing
    snapshot.metadata.provenance = old.metadata.provenance
    if old.metadata.optimizer != nil { dropped.append("the optimizer") }
    if old.metadata.position != nil { dropped.append("the position of the training") }
    if old.others != .null { dropped.append("all other values") }
  }

  /// Lets the versions of modules and the optimizer follow the parameters.
  fileprivate mutating func rename(_ names: [String: String]) {
    snapshot.metadata.moduleVersions = ModuleVersions.renamed(snapshot.metadata.moduleVersions, as: names)
    guard snapshot.metadata.optimizer != nil || !snapshot.optimizerState.isEmpty else { return }
    var state: OrderedDictionary<String, OrderedDictionary<String, TensorSource>> = [:]
    for (parameter, slots) in snapshot.optimizerState {
      if let name = names[parameter] { state[name] = slots }
    }
    snapshot.optimizerState = state
    for index in snapshot.metadata.optimizer?.groups.indices ?? 0..<0 {
      let old = snapshot.metadata.optimizer?.groups[index].parameters ?? []
      snapshot.metadata.optimizer?.groups[index].parameters = old.compactMap { names[$0] }
    }
  }
}
