import Synchronization
import Tensors

/// Reads the tensors of an open file of PyTorch, whatever the container.
///
/// What was checked when it was made: every tensor lies inside of its storage, and every storage inside of the file.
final class TorchTensorReader: Sendable {
  /// Where the bytes of a storage are.
  enum Bytes: Sendable {
    /// At this place of the file.
    case file(Range<Int>)
    /// In an entry of the archive.
    case entry(ZipEntry)

    /// How many there are.
    var count: Int {
      switch self {
      case .file(let range): range.count
      case .entry(let entry): entry.byteCount
      }
    }
  }

  /// One tensor, with its place checked.
  private struct Source: Sendable {
    enum Place: Sendable {
      case stored(Bytes)
      case memory(ByteRegion, Range<Int>)
    }
    let place: Place
    /// The first byte that it needs, counted from the first of the place.
    let offset: Int
    /// How many bytes it needs from there.
    let span: Int
    let strides: [Int]
    let isContiguous: Bool
    let isSwapped: Bool
    let isConjugate: Bool
    let isNegative: Bool
    /// Whether what is stored are the elements as they are.
    var isPlain: Bool { isContiguous && !isSwapped && !isConjugate && !isNegative }
  }

  /// How the tensors are described to others.
  let stored: [StoredTensor]
  private let sources: [Source]
  private let file: OpenFile
  private let archive: ZipArchive?
  private let mapped: MappedFile
  private let size: Int
  private let hasChecksums: Bool
  /// Entries, by where they begin, whose checksums were found right. A tensor that is a part of an entry asks once.
  private let sound = Mutex<Set<Int>>([])

  /// Checks every tensor against its storage.
  /// - Parameters:
  ///   - bytes: Where each storage is, in the order of the vocabulary's.
  ///   - pickle: The bytes that numpy's arrays lie in.
  ///   - hasChecksums: Whether the archive has checksums.
  ///   - name: What a tensor is called.
  init(
    file: OpenFile, archive: ZipArchive?, vocabulary: TorchVocabulary, bytes: [Bytes], pickle: ByteRegion,
    isBigEndian: Bool, hasChecksums: Bool, name: (Int, [String]) -> String
  ) throws {
    self.file = file
    self.archive = archive
    self.hasChecksums = hasChecksums
    mapped = try MappedFile(file)
    size = try file.size()
    var stored: [StoredTensor] = []
    var sources: [Source] = []
    for (index, tensor) in vocabulary.tensors.enumerated() {
      let source = try Self.source(tensor, vocabulary.storages, bytes, pickle, isBigEndian, path: file.path)
      sources.append(source)
      stored.append(
        StoredTensor(
          index: index, path: tensor.path, name: name(index, tensor.path), dtype: tensor.dtype, shape: tensor.shape,
          offset: Self.fileOffset(source)))
    }
    self.stored = stored
    self.sources = sources
    try checkViews(ofBytes: bytes.reduce(0) { Self.sum($0, $1.count) ?? .max })
  }

  /// How many times as large as all storages together their tensors may be. Tied weights, and a net saved under two or
  /// three keys, are some times as large.
  private static let mostViews = 8

  /// Many tensors may be views of one storage: each is read, and written, by itself. That needs a limit.
  /// - Parameter storages: The bytes of all storages.
  private func checkViews(ofBytes storages: Int) throws {
    // One that repeats its own elements beyond measure is refused when it is read.
    let most = max(storages, size, 64 << 20)
    let total = stored.reduce(0) { Self.sum($0, min($1.byteCount, most)) ?? .max }
    guard total / Self.mostViews > most else { return }
    throw CheckpointError(
      .refused, path: file.path,
      "its \(stored.count) tensors are views of the same bytes so often that they have \(ByteCount.text(total)) together, "
        + "and all that is stored for them are \(ByteCount.text(storages)); save those that are meant with .clone()")
  }

  private static func source(
    _ tensor: TorchTensor, _ storages: [TorchStorage], _ bytes: [Bytes], _ pickle: ByteRegion, _ isBigEndian: Bool,
    path: String
  ) throws -> Source {
    let place: Source.Place
    var first: Int? = tensor.start
    let available: Int
    switch tensor.place {
    case .storage(let number):
      let storage = storages[number]
      place = .stored(bytes[number])
      first = Self.sum(tensor.start, storage.start)
      // A storage that is a part of another ends before that does.
      let end = Self.sum(storage.start, storage.count)?.multipliedReportingOverflow(by: storage.dtype?.size ?? 1)
      available = min(bytes[number].count, end.flatMap { $0.overflow ? nil : $0.partialValue } ?? .max)
    case .pickle(let range):
      place = .memory(pickle, range)
      available = range.count
    case .memory(let region):
      place = .memory(region, 0..<region.bytes.count)
      available = region.bytes.count
    }
    let itemSize = tensor.dtype.size
    guard let reach = tensor.reach, var first, tensor.shape.byteCount(of: tensor.dtype) != nil,
      reach <= available / itemSize, reach == 0 || first <= available / itemSize - reach
    else {
      throw CheckpointError(
        .corrupt, path: path,
        "the tensor '\(tensor.path.joined(separator: ".").terminalEscaped)' of shape \(tensor.shape) and strides "
          + "\(tensor.strides) from element \(tensor.start) on does not lie in its storage, which has "
          + "\(available / itemSize) elements; the file is cut or damaged")
    }
    // An empty tensor needs nothing, wherever it says that it begins.
    if reach == 0 { first = 0 }
    return Source(
      place: place, offset: first * itemSize, span: reach * itemSize, strides: tensor.strides,
      isContiguous: tensor.isContiguous,
      isSwapped: (tensor.isBigEndian || isBigEndian && isStored(place)) && itemSize > 1,
      isConjugate: tensor.isConjugate && [.complex64, .complex128].contains(tensor.dtype),
      isNegative: tensor.isNegative)
  }

  private static func sum(_ first: Int, _ second: Int) -> Int? {
    let (sum, overflow) = first.addingReportingOverflow(second)
    return overflow ? nil : sum
  }

  private static func isStored(_ place: Source.Place) -> Bool {
    if case .stored = place { true } else { false }
  }

  /// Where the elements stand in the file, if they stand there as they are.
  private static func fileOffset(_ source: Source) -> Int? {
    guard source.isPlain, source.span > 0, case .stored(let bytes) = source.place else { return nil }
    switch bytes {
    case .file(let range): return range.lowerBound + source.offset
    case .entry(let entry): return entry.method == .stored ? entry.offset + source.offset : nil
    }
  }

  // MARK: - Reading

  /// The tensor as a view of the file where that has its elements as they are; otherwise read, unchecked.
  func view(_ index: Int) throws -> Tensor {
    stored[index].offset == nil ? try read(index, verifying: false) : mapped.tensor(stored[index])
  }

  /// Reads a tensor.
  func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    let (stored, source) = (stored[index], sources[index])
    let isVerifying = isVerifying && hasChecksums
    do {
      return try Tensor(stored.shape, dtype: stored.dtype) { bytes in
        try checkAmplification(stored, source)
        if source.isContiguous {
          try read(source, into: bytes, verifying: isVerifying)
        } else {
          try gather(stored, source, into: bytes, verifying: isVerifying)
        }
        Elements(stored.dtype, bytes).apply(
          swapped: source.isSwapped, conjugate: source.isConjugate, negative: source.isNegative)
      }
    } catch let error as CheckpointError where error.code == .corrupt && error.corruptTensors.isEmpty {
      throw CheckpointError(corrupt: [place(stored, source)], path: file.path)
    }
  }

  /// Calls `body` with the bytes of a tensor that has an offset in ``stored``, in order, piece by piece.
  func stream(_ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let (stored, source) = (stored[index], sources[index])
    guard let offset = stored.offset, case .stored(let bytes) = source.place else {
      preconditionFailure("only what stands in the file as it is in memory is streamed")
    }
    do {
      if isVerifying, hasChecksums, case .entry(let entry) = bytes, let archive {
        if source.span == entry.byteCount { return try archive.stream(entry, verifying: true, body) }
        try checkOnce(entry, of: archive)
      }
    } catch let error as CheckpointError where error.code == .corrupt && error.corruptTensors.isEmpty {
      throw CheckpointError(corrupt: [place(stored, source)], path: file.path)
    }
    try file.forEachPiece(of: source.span, at: offset, body)
  }

  /// `features.0.weight (record archive/data/3, bytes 704..<768)`
  private func place(_ stored: StoredTensor, _ source: Source) -> String {
    let name = stored.name.terminalEscaped
    guard case .stored(let bytes) = source.place else { return "\(name) (in the pickle)" }
    switch bytes {
    case .file(let range):
      let start = range.lowerBound + source.offset
      return "\(name) (bytes \(start)..<\(start + source.span))"
    case .entry(let entry) where entry.method == .stored:
      let start = entry.offset + source.offset
      return "\(name) (record \(entry.name.terminalEscaped), bytes \(start)..<\(start + source.span))"
    case .entry(let entry):
      let end = entry.offset + entry.storedCount
      return "\(name) (record \(entry.name.terminalEscaped), deflated at bytes \(entry.offset)..<\(end))"
    }
  }

  /// Tensors whose elements are stored once and repeated are as large as a file says: that needs a limit.
  private func checkAmplification(_ stored: StoredTensor, _ source: Source) throws {
    guard stored.byteCount > source.span, stored.byteCount > max(size, 64 << 20) else { return }
    throw CheckpointError(
      .refused, path: file.path,
      "the tensor '\(stored.name.terminalEscaped)' repeats \(ByteCount.text(source.span)) until they are "
        + "\(ByteCount.text(stored.byteCount)), more than the whole file; save it with .contiguous() if that is meant")
  }

  /// Fills `bytes` with what a tensor needs of its storage, from its first byte to its last.
  private func read(
    _ source: Source, into bytes: UnsafeMutableRawBufferPointer, verifying isVerifying: Bool
  ) throws {
    precondition(bytes.count == source.span, "what a tensor needs is read")
    switch source.place {
    case .memory(let region, let range):
      bytes.copyMemory(
        from: region[range.lowerBound + source.offset..<range.lowerBound + source.offset + source.span])
    case .stored(.file(let range)): try file.read(into: bytes, at: range.lowerBound + source.offset)
    case .stored(.entry(let entry)):
      guard let archive else { preconditionFailure("entries are those of an archive") }
      if source.span == entry.byteCount, source.span > 0 {
        try archive.read(entry, into: bytes, verifying: isVerifying)
      } else {
        if isVerifying { try checkOnce(entry, of: archive) }
        try archive.read(entry, at: source.offset, into: bytes)
      }
    }
  }

  private func checkOnce(_ entry: ZipEntry, of archive: ZipArchive) throws {
    if sound.withLock({ $0.contains(entry.headerOffset) }) { return }
    try archive.check(entry)
    _ = sound.withLock { $0.insert(entry.headerOffset) }
  }

  /// Collects elements that do not follow each other.
  private func gather(
    _ stored: StoredTensor, _ source: Source, into bytes: UnsafeMutableRawBufferPointer, verifying isVerifying: Bool
  ) throws {
    guard stored.byteCount > 0 else { return }
    let elements = Elements(stored.dtype, bytes)
    // Elements are picked out of the mapped file: memory for all that lies between them might be more than the tensor.
    if source.span > 16 << 20, case .stored(let place) = source.place {
      if isVerifying, case .entry(let entry) = place, let archive { try checkOnce(entry, of: archive) }
      switch place {
      case .file(let range):
        return elements.gather(stored.shape, source.strides, from: part(source, at: range.lowerBound))
      case .entry(let entry) where entry.method == .stored:
        return elements.gather(stored.shape, source.strides, from: part(source, at: entry.offset))
      case .entry: break
      }
    }
    let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: source.span, alignment: 64)
    defer { whole.deallocate() }
    try read(source, into: whole, verifying: isVerifying)
    elements.gather(stored.shape, source.strides, from: UnsafeRawBufferPointer(whole))
  }

  private func part(_ source: Source, at start: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: mapped.bytes[start + source.offset..<start + source.offset + source.span])
  }
}
