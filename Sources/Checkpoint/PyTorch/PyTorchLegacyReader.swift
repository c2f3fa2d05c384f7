package import Tensors

/// An open file of the stream that `torch.save` wrote before 1.6: five pickles, then the bytes of all storages.
///
/// The pickles are a magic number, the version, facts about the machine, the object, and the list of storages. Then comes
/// each storage: its number of elements in 64 bits, and its elements, little-endian on every machine.
package struct PyTorchLegacyReader: FormatReader {
  /// What the first pickle is.
  private static let magic = "119547037146038801333356"
  private static let version = 1001

  private let document: TorchDocument

  package var contents: FileContents { document.contents }

  /// Opens a pickle without an archive; `nil` when it is none of PyTorch's.
  package init?(recognizing path: String, _ options: ReadingOptions = ReadingOptions()) throws {
    let file = try OpenFile(path, .read)
    let mapped = try MappedFile(file)
    var stream = PickleStream(mapped, path: path)
    guard try Self.beginsWithMagic(&stream) else { return nil }
    let version = try stream.next("version")
    guard let number = version.integer(version.root) else {
      throw CheckpointError(.corrupt, path: path, "the second pickle of the file is no version")
    }
    guard number == Self.version else {
      throw CheckpointError(
        .unsupported, path: path,
        "the file has version \(number) of PyTorch's old format; this build reads version \(Self.version)")
    }
    _ = try stream.next("system facts")
    let graph = try stream.next("object", inert: options.isInert)
    let keys = try stream.next("list of storages")
    guard let list = keys.elements(keys.root) else {
      throw CheckpointError(.corrupt, path: path, "the last pickle of the file is no list of storages")
    }
    // Which storages there are, the object says; where they are, the order of the list.
    var values = PickleValues(graph, vocabulary: TorchVocabulary())
    _ = try values.root()
    let itemSizes = try StorageSizes(values.vocabulary.storages, path: path)
    var places: [String: Range<Int>] = [:]
    for key in list {
      let name = keys.text(key) ?? keys.integer(key).map(String.init) ?? ""
      places[name] = try stream.storage(name.terminalEscaped, itemSize: try itemSizes.itemSize(of: name))
    }
    document = try TorchDocument(
      graph, vocabulary: TorchVocabulary(), of: file, format: .pytorchLegacy, producer: "PyTorch before 1.6"
    ) { storage in
      guard let range = places[storage.key] else {
        throw CheckpointError(
          .corrupt, path: path,
          "the storage '\(storage.key.terminalEscaped)' is not in the file's list; the file is damaged")
      }
      return .file(range)
    }
  }

  private static func beginsWithMagic(_ stream: inout PickleStream) throws -> Bool {
    do {
      if case .bigInteger(magic) = try stream.next("first pickle").rootContent { return true }
    } catch let error as CheckpointError where error.code != .refused {
      // Whatever it is, it is not ours to say what is wrong with it.
    }
    return false
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    try document.tensors.read(index, verifying: isVerifying)
  }

  package func isStreamed(_ index: Int) -> Bool { contents.tensors[index].offset != nil }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try document.tensors.stream(index, verifying: isVerifying, body)
  }

  package func view(_ index: Int) throws -> Tensor { try document.tensors.view(index) }

  package func snapshot() throws -> LazySnapshot { try document.snapshot { source($0) } }
}

/// Pickles and bytes that follow each other.
struct PickleStream {
  private let region: ByteRegion
  private let walk: MappedWalk
  /// Where the first one begins in the file.
  private let start: Int
  private let path: String
  /// Where the next one begins.
  private(set) var position = 0

  /// - Parameter range: The part of the file that they fill; all of it without.
  init(_ file: MappedFile, _ range: Range<Int>? = nil, path: String) {
    start = range?.lowerBound ?? 0
    region = ByteRegion(borrowing: file[range ?? 0..<file.bytes.count], owner: file)
    walk = MappedWalk(file)
    self.path = path
  }

  /// Runs the next pickle, called `name` in errors.
  mutating func next(_ name: String, inert isInert: Bool = false) throws -> PickleGraph {
    walk.visit(start + position)
    let graph = try PickleMachine.run(region, at: position, name: name, path: path, inert: isInert)
    position = graph.end
    return graph
  }

  /// Passes bytes.
  /// - Parameter what: What they are, for errors.
  mutating func take(_ count: Int, _ what: String) throws -> UnsafeRawBufferPointer {
    guard count >= 0, count <= region.bytes.count - position else {
      throw CheckpointError(
        .truncated, path: path,
        "\(what) should be \(count) bytes at offset \(position), and the file has \(region.bytes.count); it was cut")
    }
    defer { position += count }
    return region[position..<position + count]
  }

  /// The next 64-bit number.
  mutating func integer(_ what: String) throws -> Int {
    walk.visit(start + position)
    return Int(littleEndian: try take(8, what).loadUnaligned(as: Int.self))
  }

  /// Passes a storage: its number of elements, and they.
  /// - Returns: Where its elements are.
  mutating func storage(_ name: String, itemSize: Int) throws -> Range<Int> {
    let count = try integer("the length of storage '\(name)'")
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: itemSize)
    guard count >= 0, !overflow else {
      throw CheckpointError(.corrupt, path: path, "the storage '\(name)' claims \(count) elements; the file is damaged")
    }
    let start = position
    _ = try take(byteCount, "the storage '\(name)'")
    return start..<start + byteCount
  }
}

extension PickleGraph {
  /// What was pickled.
  var rootContent: Node.Content { self[root].content }
}

/// How large the elements of each storage are.
private struct StorageSizes {
  private var sizes: [String: Int] = [:]
  private let path: String

  init(_ storages: [TorchStorage], path: String) throws {
    self.path = path
    for storage in storages {
      guard let size = TorchTypes.itemSize(ofStorage: storage.className) else {
        throw CheckpointError(
          .unsupported, path: path,
          "the file has a storage of class \(storage.className.terminalEscaped), whose elements' size is not known here"
        )
      }
      sizes[storage.key] = size
    }
  }

  func itemSize(of key: String) throws -> Int {
    guard let size = sizes[key] else {
      throw CheckpointError(
        .corrupt, path: path, "the file lists a storage '\(key.terminalEscaped)' that nothing is made of; it is damaged"
      )
    }
    return size
  }
}
