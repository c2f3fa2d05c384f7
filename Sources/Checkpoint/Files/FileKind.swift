#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a file is by its first bytes, whatever its name says.
enum FileKind: Sendable, Hashable {
  case hdf5
  /// A zip archive, as PyTorch, Keras 3 and numpy write.
  case zip
  /// A Python pickle without archive, as PyTorch before 1.6 wrote.
  case pickle
  case safetensors
  /// JSON text, as the index of safetensors in several files is.
  case json
  /// A message of Protocol Buffers that begins as ONNX models do.
  case protobuf
  case npy
  case gzip
  case tar
  case html
  /// The note that git leaves in place of a large file.
  case gitLFSPointer
  case empty
  case unknown

  /// Recognises an open file.
  static func of(_ file: OpenFile) throws -> FileKind {
    let start = try file.prefix(512)
    if start.isEmpty { return .empty }
    if start.starts(with: H5Superblock.signature) { return .hdf5 }
    if start.starts(with: "PK\u{3}\u{4}".utf8) || start.starts(with: "PK\u{5}\u{6}".utf8) { return .zip }
    if start.starts(with: [0x93] + Array("NUMPY".utf8)) { return .npy }
    if start.starts(with: [0x1F, 0x8B]) { return .gzip }
    if start.starts(with: "version https://git-lfs".utf8) { return .gitLFSPointer }
    if start.count > 262, start[257...].starts(with: "ustar".utf8) { return .tar }
    // Before pickles: the length of a header may begin as they do.
    if start.count > 8, start[8] == UInt8(ascii: "{"), start[4..<8].allSatisfy({ $0 == 0 }) { return .safetensors }
    if start[0] == 0x80, start.count > 2, (2...5).contains(start[1]) { return .pickle }
    if isModel(start) { return .protobuf }
    // Behind any bytes of its user, such as a text that MATLAB puts there: none of the kinds below has such bytes.
    if try H5Superblock.start(in: file) != nil { return .hdf5 }
    if start.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") { return .json }
    let text = String(decoding: start.drop { $0 <= 0x20 }.prefix(64), as: UTF8.self).lowercased()
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") || text.hasPrefix("<?xml") { return .html }
    return .unknown
  }

  /// Whether bytes begin as an ONNX model: with the version of the format (field 1, a small number), and then with another
  /// field of a model.
  private static func isModel(_ start: [UInt8]) -> Bool {
    guard start.count > 2, start[0] == 0x08, (1...99).contains(start[1]) else { return false }
    // Producer, its version, domain, model version, documentation, graph, operator set, metadata, training, functions.
    return [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72, 0xA2, 0xCA].contains(start[2])
  }

  /// Refuses everything that is no ordinary file, with a sentence of its own.
  static func checkOrdinary(_ file: OpenFile) throws {
    let status = try file.status()
    let kind: String
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: kind = "a folder"
    case S_IFIFO: kind = "a named pipe"
    case S_IFSOCK: kind = "a socket"
    case S_IFCHR, S_IFBLK: kind = "a device"
    default: kind = "no ordinary file"
    }
    throw CheckpointError(.unrecognised, path: file.path, "this is \(kind); a checkpoint is an ordinary file")
  }

  /// The error for a file that no reader knows: what it is instead, and what to do.
  func refusal(path: String) -> CheckpointError {
    let not = "this build reads nothing in it"
    let sentence: String
    switch self {
    case .hdf5: sentence = "this is an HDF5 file; \(not)"
    case .zip:
      sentence = "this is a zip archive, such as PyTorch (.pth), Keras (.keras) and numpy (.npz) write; \(not)"
    case .pickle: sentence = "this is a Python pickle, such as PyTorch before 1.6 wrote; \(not)"
    case .safetensors: sentence = "this is a safetensors file; \(not)"
    case .json:
      sentence =
        "this is JSON text; of such files this build reads the index of safetensors in several files (weight_map)"
    case .protobuf: sentence = "this is a message of Protocol Buffers, perhaps an ONNX model; \(not)"
    case .npy: sentence = "this is a numpy array (.npy); \(not)"
    case .gzip: sentence = "this is compressed with gzip; unpack it first (gunzip)"
    case .tar: sentence = "this is a tar archive; unpack it first (tar xf)"
    case .html:
      sentence = "this is a web page, not a checkpoint: the download gave an error or a login page; download it again"
    case .gitLFSPointer:
      sentence = "this is a git-lfs pointer, not the file it points to; fetch that with 'git lfs pull'"
    case .empty: sentence = "the file is empty: its writer was interrupted, or the disk was full"
    case .unknown: sentence = "the file is of no known format"
    }
    return CheckpointError(.unrecognised, path: path, sentence)
  }
}
