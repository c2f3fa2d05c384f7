import OrderedCollections
import Tensors
import Testing

@testable import Checkpoint

/// Tensors that are had piece by piece are those that are had as a whole.
@Suite struct StreamingTests {
  /// A format, and how hard it is compressed.
  struct Kind: Sendable, CustomTestStringConvertible {
    let format: CheckpointFormat
    var level: Int?
    /// Whether large tensors come in pieces.
    var isStreamed = true
    /// Whether damage is noticed.
    var isChecked = true
    var testDescription: String { format.rawValue + (level.map { " compressed \($0)" } ?? "") }
  }

  static let kinds = [
    Kind(format: .native), Kind(format: .native, level: 1), Kind(format: .pytorch),
    Kind(format: .safetensors, isChecked: false), Kind(format: .safetensorsIndex, isChecked: false),
    Kind(format: .npz), Kind(format: .npz, level: 1, isStreamed: false), Kind(format: .kerasWeights, isChecked: false),
    Kind(format: .kerasLegacy, isChecked: false),
  ]

  private let folder: TemporaryFolder
  private let net: OrderedDictionary<String, Tensor>

  init() throws {
    folder = try TemporaryFolder()
    net = [
      "large": Samples.tensor(.float32, [3, 700, 401], seed: 1), "line": Samples.tensor(.float64, [300_001], seed: 2),
      "half": Samples.tensor(.bfloat16, [7, 1, 100_003], seed: 3), "small": Samples.tensor(.int64, [5], seed: 4),
      "scalar": Samples.tensor(.float16, [], seed: 5), "empty": Samples.tensor(.float32, [0, 9], seed: 6),
    ]
  }

  private func write(_ kind: Kind) throws -> String {
    let path = folder.file("a")
    let writer = try #require(kind.format.writer(WritingOptions(compression: kind.level)))
    try writer.write(LazySnapshot(net: net.mapValues { TensorSource($0) }), to: path)
    return path
  }

  @Test(arguments: kinds)
  func piecesAreTheWhole(_ kind: Kind) throws {
    let snapshot = try CheckpointFile(opening: write(kind)).snapshot()
    #expect(Set(snapshot.net.keys) == Set(net.keys))
    for (name, source) in snapshot.net {
      var bytes: [UInt8] = []
      try source.forEachPiece { piece in
        #expect(piece.count <= 8 << 20 && piece.count % source.dtype.size == 0)
        bytes += piece
      }
      #expect(try #require(net[name]).withUnsafeBytes { Array($0) } == bytes, "\(name)")
      if ["large", "line", "half"].contains(name) { #expect(source.isStreamed == kind.isStreamed, "\(name)") }
    }
  }

  /// Whoever takes in all pieces learns of the damage, and of the tensor that has it.
  @Test(arguments: kinds.filter { $0.isChecked && $0.isStreamed })
  func damageIsFound(_ kind: Kind) throws {
    let path = try write(kind)
    var bytes = try TemporaryFolder.bytes(path)
    // Every large tensor that is not compressed is over a megabyte from its beginning to its end.
    for place in stride(from: bytes.count / 4, to: bytes.count - 100_000, by: 1_000_000) { bytes[place] ^= 0x10 }
    if kind.level != nil { bytes[bytes.count / 4] ^= 0x10 }
    try TemporaryFolder.write(bytes, to: path)
    let snapshot = try CheckpointFile(opening: path).snapshot()
    let source = try #require(snapshot.net["large"])
    let error = #expect(throws: CheckpointError.self) { try source.forEachPiece { _ in } }
    #expect(error.map { "\($0)" }?.contains("large") == true)
    // Who does not ask gets what is there, where the place of a byte does not depend on those before it.
    if kind.level == nil { try source.forEachPiece(.unverified) { _ in } }
  }

  /// Rounding and counting of what is lost go over the borders of pieces.
  @Test func conversionInPieces() throws {
    let numbers = (0..<600_000).map { Float($0) * 0.37 }
    let source = TensorSource(Tensor(numbers, shape: [600_000]))
    var rules = ConversionRules()
    rules.dtype = .bfloat16
    let result = try rules.applied(to: LazySnapshot(net: ["a": source])).snapshot
    let expected = try #require(Tensor(numbers, shape: [600_000]).converted(to: .bfloat16)).tensor
    let converted = try #require(result.net["a"])
    #expect(try converted.tensor().withUnsafeBytes { Array($0) } == expected.withUnsafeBytes { Array($0) })
    var bytes: [UInt8] = []
    try converted.forEachPiece { bytes += $0 }
    #expect(expected.withUnsafeBytes { Array($0) } == bytes)
    // The first and the last are too large for a half.
    rules.dtype = .float16
    let large = [Float](repeating: 1, count: 600_000).enumerated().map {
      [0, 599_999].contains($0.offset) ? 1e9 : $0.element
    }
    let refused = try rules.applied(to: LazySnapshot(net: ["a": TensorSource(Tensor(large, shape: [600_000]))]))
      .snapshot
    let error = #expect(throws: CheckpointError.self) { try refused.net["a"]?.tensor() }
    #expect("\(try #require(error))".contains("2 numbers too large"))
  }
}
