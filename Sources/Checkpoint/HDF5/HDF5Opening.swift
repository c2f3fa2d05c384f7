/// Opens HDF5 files: which of several formats they are is told by what the root holds.
enum HDF5Opening {
  /// Opens a file that has been recognised as HDF5.
  static func open(_ path: String) throws -> any FormatReader {
    let source = try Self.source(path)
    if try NativeFile.isNative(source) { return try NativeReader(source) }
    if let format = try KerasFile.format(source) { return try KerasReader(source, format) }
    return try HDF5Reader(source, survey: H5Survey(source, .lenient))
  }

  /// The structures of a file, which must be HDF5.
  static func source(_ path: String) throws -> H5Source {
    let file = try OpenFile(path, .read)
    try FileKind.checkOrdinary(file)
    let kind = try FileKind.of(file)
    guard kind == .hdf5, let start = try H5Superblock.start(in: file) else { throw kind.refusal(path: path) }
    return try H5Source(file, path: path, at: start, count: try file.size() - start)
  }
}
