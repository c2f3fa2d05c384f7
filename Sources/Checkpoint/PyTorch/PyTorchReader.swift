package import Tensors

/// An open file of PyTorch's zip format, which `torch.save` writes since 1.6.
///
/// Opening reads the pickle, without running it, and checks its checksum; every storage must be in the archive and as long
/// as the pickle says. Checksums of tensors are checked when they are read.
package struct PyTorchReader: FormatReader {
  /// The record that says what the archive is.
  private static let pickleName = "data.pkl"
  /// The largest pickle that is inflated into memory. One that is stored is mapped, however large.
  private static let largestInflated = 24 << 20
  /// The newest version of the format that PyTorch 2 reads.
  private static let newestVersion = 10

  private let document: TorchDocument

  package var contents: FileContents { document.contents }

  /// Opens a zip archive; `nil` when it is none of PyTorch's.
  package init?(recognizing path: String, _ options: ReadingOptions = ReadingOptions()) throws {
    let file = try OpenFile(path, .read)
    let archive = try ZipArchive(file)
    guard let pickle = archive.entries.first(where: { Self.isPickle($0.name) }) else { return nil }
    let folder = String(pickle.name.dropLast(Self.pickleName.count))
    // PyTorch can be told to write no checksums: they are 0 then, also of records that are never empty or zeros.
    let hasChecksums = archive.entries.contains { $0.crc != 0 }
    let records = Records(archive: archive, folder: folder, hasChecksums: hasChecksums)
    let isBigEndian = try records.isBigEndian()
    let warnings = try records.warnings()
    let source = try records.region(pickle)
    let graph = try PickleMachine.run(source, name: Self.pickleName, path: path, inert: options.isInert)
    document = try TorchDocument(
      graph, vocabulary: TorchVocabulary(), of: file, archive: archive, format: .pytorch, producer: "PyTorch",
      isBigEndian: isBigEndian, hasChecksums: hasChecksums, zoo: try records.note(), warnings: warnings,
      bytes: records.bytes)
  }

  private static func isPickle(_ name: String) -> Bool {
    name.hasSuffix("/" + pickleName) && name.utf8.count { $0 == UInt8(ascii: "/") } == 1
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

extension PyTorchReader {
  /// The records of an archive.
  private struct Records {
    let archive: ZipArchive
    /// The folder that all are in, with a slash behind.
    let folder: String
    let hasChecksums: Bool

    /// Whether numbers are big-endian. Older files do not say so, and are little-endian.
    func isBigEndian() throws -> Bool {
      guard let entry = archive.entry(folder + "byteorder") else { return false }
      switch try text(entry) {
      case "little": return false
      case "big": return true
      case let order:
        throw CheckpointError(
          .corrupt, path: archive.file.path,
          "the order of bytes is '\(String(order.prefix(20)).terminalEscaped)'; it must be 'little' or 'big'")
      }
    }

    /// What is odd about the archive.
    func warnings() throws -> [String] {
      var warnings: [String] = []
      if !hasChecksums {
        warnings.append(
          "the file was saved without checksums (torch.serialization.set_crc32_options(False)): damage to its tensors "
            + "cannot be noticed")
      }
      if let version = archive.entry(folder + "version") {
        let text = try text(version).filter { !$0.isWhitespace }
        guard let number = Int(text), (1...PyTorchReader.newestVersion).contains(number) else {
          throw CheckpointError(
            .unsupported, path: archive.file.path,
            "the file has version '\(String(text.prefix(20)).terminalEscaped)' of PyTorch's format; this build reads versions 1 to "
              + "\(PyTorchReader.newestVersion)")
        }
      } else {
        warnings.append("the archive has no record 'version', without which PyTorch does not open it")
      }
      if let stray = archive.entries.first(where: { !$0.name.hasPrefix(folder) }) {
        warnings.append(
          "the archive has '\(stray.name.terminalEscaped)' outside of its folder '\(folder.terminalEscaped)'; PyTorch does "
            + "not open it so")
      }
      return warnings
    }

    /// What zoo wrote beside a state dict.
    func note() throws -> String? {
      guard let entry = archive.entry(folder + "zoo.json") else { return nil }
      return String(decoding: try bytes(entry, atMost: SnapshotMetadata.longestText), as: UTF8.self)
    }

    /// A short text.
    private func text(_ entry: ZipEntry) throws -> String {
      String(decoding: try bytes(entry, atMost: 4096), as: UTF8.self)
    }

    private func bytes(_ entry: ZipEntry, atMost limit: Int) throws -> [UInt8] {
      guard !hasChecksums, entry.byteCount <= limit else { return try archive.bytes(of: entry, atMost: limit) }
      var bytes = [UInt8](repeating: 0, count: entry.byteCount)
      try bytes.withUnsafeMutableBytes { try archive.read(entry, into: $0, verifying: false) }
      return bytes
    }

    /// All of a record: mapped when it is stored.
    func region(_ entry: ZipEntry) throws -> ByteRegion {
      guard entry.method == .stored else {
        return ByteRegion(copying: try bytes(entry, atMost: PyTorchReader.largestInflated))
      }
      if hasChecksums { try archive.check(entry) }
      let mapped = try MappedFile(archive.file)
      let range = entry.offset..<entry.offset + entry.byteCount
      return ByteRegion(borrowing: UnsafeRawBufferPointer(rebasing: mapped.bytes[range]), owner: mapped)
    }

    /// Where a storage's bytes are.
    func bytes(_ storage: TorchStorage) throws -> TorchTensorReader.Bytes {
      let name = folder + "data/" + storage.key
      guard let entry = archive.entry(name) else {
        throw CheckpointError(
          .corrupt, path: archive.file.path,
          "the record '\(name.terminalEscaped)', which tensors are made of, is missing; the file is damaged")
      }
      guard let itemSize = TorchTypes.itemSize(ofStorage: storage.className) else { return .entry(entry) }
      guard storage.start == 0, storage.count.multipliedReportingOverflow(by: itemSize) == (entry.byteCount, false)
      else {
        throw CheckpointError(
          .corrupt, path: archive.file.path,
          "the record '\(name.terminalEscaped)' has \(entry.byteCount) bytes; a \(storage.className.terminalEscaped) of "
            + "\(storage.count) elements has \(itemSize) for each")
      }
      return .entry(entry)
    }
  }
}
