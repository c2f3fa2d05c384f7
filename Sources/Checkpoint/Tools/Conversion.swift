package import OrderedCollections
public import Tensors

/// A checkpoint on its way from one file into another, of any two formats.
public struct Conversion {
  /// The format that is written.
  public let format: CheckpointFormat
  /// The tensors of the net that are written, in order.
  public let moves: [ConversionRules.Move]
  /// What the rules leave out.
  public let dropped: [String]
  /// What the format cannot hold.
  public let losses: [Loss]

  private let snapshot: LazySnapshot
  private let writer: any FormatWriter
  private let isLossy: Bool

  /// Plans a conversion; nothing is read but descriptions, and nothing is written.
  /// - Parameters:
  ///   - source: The file to convert.
  ///   - format: What to write.
  ///   - rules: What becomes of names and numbers.
  ///   - options: How to write.
  ///   - layouts: What else becomes of the snapshot, such as the order of axes in another framework; called before the
  ///     rules.
  /// - Throws: ``CheckpointError`` when the format is only read or the rules cannot be applied.
  public init(
    of source: CheckpointFile, to format: CheckpointFormat, rules: ConversionRules = ConversionRules(),
    options: WritingOptions = WritingOptions(), layouts: (LazySnapshot) throws -> LazySnapshot = { $0 }
  ) throws {
    guard let writer = format.writer(options) else {
      let writable = CheckpointFormat.writable.map(\.rawValue).joined(separator: ", ")
      throw CheckpointError(.unsupported, "files of format '\(format.rawValue)' are only read; there are: \(writable)")
    }
    let result = try rules.applied(to: layouts(source.snapshot()))
    var snapshot = result.snapshot
    snapshot.metadata.provenance = Self.provenance(
      snapshot.metadata.provenance, adding: Self.step(from: source, rules))
    self.format = format
    self.writer = writer
    self.snapshot = snapshot
    moves = result.moves
    dropped = result.dropped
    losses = writer.losses(of: snapshot)
    isLossy = rules.isLossy
  }

  /// Writes the file: all of it, verified and on the disk, or nothing. What had the name is replaced at the very end.
  /// - Throws: ``CheckpointError/Code/unsupported`` when the format cannot hold everything and the rules do not allow
  ///   losses; any error of reading or writing.
  public func run(to path: String) throws {
    guard losses.isEmpty || isLossy else {
      throw CheckpointError(
        .unsupported, path: path,
        "\(format.rawValue) cannot hold everything:\n"
          + losses.map { "  - \($0.what): \($0.why)" }.joined(separator: "\n")
          + "\n'--lossy' leaves these out; another format holds more ('zoo convert --help')")
    }
    try writer.write(snapshot, to: path)
  }

  /// Opens what was written as any reader would, and compares every tensor with what was meant.
  /// - Returns: The differences; none when all is well.
  public func verify(_ path: String) throws -> CheckpointComparison {
    try CheckpointComparison(snapshot, CheckpointFile(opening: path).snapshot())
  }

  /// Writes tensors alone, in the format that the end of the file's name asks for.
  /// - Throws: ``CheckpointError/Code/unsupported`` when it asks for none, or for one that cannot hold them.
  public static func write(_ tensors: StateDict, to path: String) throws {
    try write(LazySnapshot(Snapshot(net: tensors)), to: path)
  }

  /// The same with tensors that are read when they are written, and with the names of classes where the format has a place
  /// for them.
  package static func write(
    _ tensors: OrderedDictionary<String, TensorSource>, classNames: [String], to path: String
  ) throws {
    var snapshot = LazySnapshot(net: tensors)
    snapshot.metadata.classNames = classNames
    try write(snapshot, to: path)
  }

  /// Writes a snapshot, in the format that the end of the file's name asks for.
  /// - Throws: ``CheckpointError/Code/unsupported`` when it asks for none, or for one that cannot hold everything.
  public static func write(_ snapshot: LazySnapshot, to path: String) throws {
    guard let writer = CheckpointFormat(fileName: path)?.writer() else {
      throw CheckpointError(
        .unsupported, path: path,
        "the name does not say a format that can be written: .npz, .npy, .safetensors, .pth, .h5")
    }
    if let loss = writer.losses(of: snapshot).first {
      throw CheckpointError(.unsupported, path: path, "\(loss.what): \(loss.why)")
    }
    try writer.write(snapshot, to: path)
  }

  private static func provenance(_ chain: JSONValue, adding step: JSONValue) -> JSONValue {
    .array((chain.array ?? (chain == .null ? [] : [chain])) + [step])
  }

  private static func step(from source: CheckpointFile, _ rules: ConversionRules) -> JSONValue {
    var step: JSONValue = [
      "converted_from": .string(FilePath.name(of: source.path)), "format": .string(source.contents.format.rawValue),
      "bytes": .integer(source.contents.byteCount), "time": .string(Timestamp.now()), "by": "zoo",
    ]
    if let producer = source.contents.producer { step["producer"] = .string(producer) }
    if !rules.renames.isEmpty { step["renamed"] = .array(rules.renames.map { .string($0.description) }) }
    if let dtype = rules.dtype { step["dtype"] = .string(dtype.rawValue) }
    if !rules.prefix.isEmpty { step["prefix"] = .string(rules.prefix) }
    return step
  }
}
