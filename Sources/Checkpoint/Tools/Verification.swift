import Synchronization
import Tensors

/// What checking every byte of a checkpoint has found.
public struct Verification: Sendable {
  /// A tensor with numbers that are not finite.
  public struct NonFinite: Sendable, Hashable {
    /// The name.
    public let name: String
    /// How many are NaN.
    public let nanCount: Int
    /// How many are infinite.
    public let infinityCount: Int
  }

  /// The format of the file.
  public let format: CheckpointFormat
  /// How many tensors were read.
  public let tensorCount: Int
  /// Their bytes.
  public let byteCount: Int
  /// How many of them the file has a digest of its own for; a zip archive has a checksum for every one besides.
  public let digestCount: Int
  /// Tensors that could not be read or are not what was written: what is wrong with each, with its place.
  public let damages: [String]
  /// Tensors with numbers that are not finite.
  public let nonFinite: [NonFinite]
  /// What the reader says of the file.
  public let warnings: [String]

  /// Whether every byte is what was written.
  public var isSound: Bool { damages.isEmpty }

  /// Reads every tensor of a file, several at a time, and holds it against what the file has to check it by.
  /// - Parameter onProgress: Called with the bytes that are done, from any thread.
  public init(of file: CheckpointFile, onProgress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws {
    let contents = file.contents
    let total = contents.tensors.reduce(0) { $0 + $1.byteCount }
    let done = Mutex(0)
    var found: [Finding] = []
    for batch in TensorBatches.of(byteCounts: contents.tensors.map(\.byteCount)) {
      found += try Parallel.map(Array(contents.tensors[batch]), weight: \.byteCount) { _, stored -> Finding in
        let finding = try Finding(of: stored, in: file)
        let sum = done.withLock { sum in
          sum += stored.byteCount
          return sum
        }
        onProgress(sum, total)
        return finding
      }
    }
    format = contents.format
    tensorCount = contents.tensors.count
    byteCount = total
    digestCount = contents.tensors.count { $0.digest != nil }
    warnings = contents.warnings
    damages = found.compactMap(\.damage)
    nonFinite = found.compactMap(\.nonFinite)
  }

  private struct Finding: Sendable {
    var damage: String?
    var nonFinite: NonFinite?

    /// - Throws: What is not the file's fault.
    init(of stored: StoredTensor, in file: CheckpointFile) throws {
      do {
        nonFinite = Self.count(try file.read(stored), name: stored.name)
      } catch let error as CheckpointError where error.code == .system {
        throw error
      } catch {
        let name = stored.name.terminalEscaped
        let text = (error as? CheckpointError)?.message ?? "\(error)"
        damage = text.contains(name) ? text : "\(name): \(text)"
      }
    }

    private static func count(_ tensor: Tensor, name: String) -> NonFinite? {
      guard tensor.dtype.isFloatingPoint || tensor.dtype.isComplex else { return nil }
      var (nan, infinity) = (0, 0)
      tensor.forEachBlock { block in
        for number in block where !number.isFinite {
          if number.isNaN { nan += 1 } else { infinity += 1 }
        }
      }
      return nan + infinity == 0 ? nil : NonFinite(name: name, nanCount: nan, infinityCount: infinity)
    }
  }
}
