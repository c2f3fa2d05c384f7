/// What is wrong with a checkpoint, a run or the disk, and where.
public struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error, for programs.
  public enum Code: String, Sendable {
    /// There is no such file, folder, run or checkpoint of a run.
    case notFound
    /// The file is something else: a folder, a web page, a format that this build does not read.
    case unrecognised
    /// The file ends too early, or its writer never closed it.
    case truncated
    /// The file holds other bytes than were written.
    case corrupt
    /// The file asks for something that is never done for a stranger's file, such as following a link out of it.
    case refused
    /// The file is sound, but holds something that this build cannot.
    case unsupported
    /// Tensors are missing, unexpected or of another shape than the architecture's.
    case mismatch
    /// A name or value that cannot be stored or looked up.
    case invalid
    /// The disk is full, or a quota is used up.
    case noSpace
    /// Another process holds the run.
    case busy
    /// There is already a run of that name.
    case exists
    /// The operating system refused to read or write.
    case system
  }

  /// The kind of error.
  public let code: Code
  /// The file or folder; empty when none is meant.
  public let path: String
  /// What was found, what was expected and what to do. Names from files are escaped: it can be printed as it is.
  public let message: String
  /// The tensors whose bytes are not those that were written, when that is what is wrong: each with its place in the file,
  /// as `/net/weight (bytes 2048..<2056)`, fit for a terminal.
  package let corruptTensors: [String]

  /// An error at a file or folder.
  public init(_ code: Code, path: String = "", _ message: String) {
    self.code = code
    self.path = path
    self.message = message
    corruptTensors = []
  }

  /// The bytes of tensors are not those that were written.
  /// - Parameter tensors: Each tensor with its place in the file, fit for a terminal.
  package init(corrupt tensors: [String], path: String) {
    let shown = 20
    var places = Array(tensors.prefix(shown))
    if tensors.count > shown { places.append("and \(tensors.count - shown) more") }
    code = .corrupt
    self.path = path
    message =
      "the bytes of \(tensors.count == 1 ? "a tensor are" : "\(tensors.count) tensors are") not those that were written: "
      + places.joined(separator: ", ") + "; use another copy of the file"
    corruptTensors = tensors
  }

  /// `models/a/last.h5: the file is empty`
  public var description: String { path.isEmpty ? message : "\(path.terminalEscaped): \(message)" }
}
