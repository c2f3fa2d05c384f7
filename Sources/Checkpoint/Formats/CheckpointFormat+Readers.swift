/// A way to open files of one kind.
struct FormatOpening: Sendable {
  /// The kind of file, by its first bytes.
  let kind: FileKind
  /// Opens a file of that kind; `nil` when it is of another format of the same kind.
  let open: @Sendable (_ path: String, _ options: ReadingOptions) throws -> (any FormatReader)?

  init(
    _ kind: FileKind,
    _ open: @escaping @Sendable (_ path: String, _ options: ReadingOptions) throws -> (any FormatReader)?
  ) {
    self.kind = kind
    self.open = open
  }
}

extension CheckpointFormat {
  /// All readers, in the order in which they are asked: the first that knows a file reads it.
  static let openings: [FormatOpening] = [
    FormatOpening(.hdf5) { path, _ in try HDF5Opening.open(path) },
    FormatOpening(.safetensors) { path, _ in try SafetensorsReader(path) },
    FormatOpening(.json) { path, _ in try SafetensorsIndexReader(recognizing: path) },
    FormatOpening(.zip) { path, options in try PyTorchReader(recognizing: path, options) },
    FormatOpening(.zip) { path, _ in try KerasArchiveReader(recognizing: path) },
    FormatOpening(.pickle) { path, options in try PyTorchLegacyReader(recognizing: path, options) },
    FormatOpening(.tar) { path, options in try PyTorchTarReader(recognizing: path, options) },
    FormatOpening(.npy) { path, _ in try NpyReader(path) },
    FormatOpening(.protobuf) { path, _ in try OnnxReader(path) },
    FormatOpening(.zip) { path, _ in try NpzReader(recognizing: path) },
  ]

  /// Opens a file of any format that this build reads.
  /// - Throws: ``CheckpointError/Code/unrecognised`` with a sentence that says what the file is instead.
  static func open(_ path: String, _ options: ReadingOptions) throws -> any FormatReader {
    let file = try OpenFile(path, .read)
    try FileKind.checkOrdinary(file)
    let kind = try FileKind.of(file)
    for opening in openings where opening.kind == kind {
      if let reader = try opening.open(path, options) { return reader }
    }
    throw kind.refusal(path: path)
  }
}
