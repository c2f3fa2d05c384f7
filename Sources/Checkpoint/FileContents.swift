import OrderedCollections
import Tensors

/// What a checkpoint file of any format holds, described without reading a tensor.
public struct FileContents: Sendable {
  /// The format.
  public let format: CheckpointFormat
  /// The program that wrote it, when the file says so.
  public let producer: String?
  /// The bytes of the file.
  public let byteCount: Int
  /// All tensors, in the order of the file; each knows its place here.
  public let tensors: [StoredTensor]
  /// Everything of the file that is not a tensor's bytes, as the program that wrote it had it.
  public let values: Value
  /// What somebody who relies on the file should know: what was left unread, and what stands for an unknown class. Each is
  /// one line, fit for a terminal.
  public let warnings: [String]

  /// The contents of a file.
  package init(
    format: CheckpointFormat, producer: String? = nil, byteCount: Int, tensors: [StoredTensor], values: Value,
    warnings: [String] = []
  ) {
    self.format = format
    self.producer = producer
    self.byteCount = byteCount
    self.tensors = tensors
    self.values = values
    self.warnings = warnings
  }

  /// `{"format", "tensors": [{"path", "name", "dtype", "shape", "nbytes", "sha256"?}], "values"}`, and `"warnings"` when
  /// there are any.
  /// - Parameter sha256: Gives the hash of a tensor's little-endian contiguous bytes; `nil` leaves hashes out.
  public func json(sha256: ((StoredTensor) throws -> String)? = nil) rethrows -> JSONValue {
    try json(adding: { tensor in
      guard let sha256 else { return [:] }
      return ["sha256": .string(try sha256(tensor))]
    })
  }

  /// The same, with more members for each tensor.
  package func json(
    adding more: (StoredTensor) throws -> JSONValue
  ) rethrows -> JSONValue {
    let tensors = try tensors.map { Self.json($0, try more($0)) }
    var budget = Value.Budget()
    var json: JSONValue = [
      "format": .string(format.rawValue), "tensors": .array(tensors),
      "values": values.json(tensors: self.tensors, budget: &budget),
    ]
    if !warnings.isEmpty { json["warnings"] = .array(warnings.map(JSONValue.string)) }
    return json
  }

  private static func json(_ tensor: StoredTensor, _ more: JSONValue) -> JSONValue {
    let members: OrderedDictionary<String, JSONValue> = [
      "path": .array(tensor.path.map(JSONValue.string)),
      "name": .string(tensor.name),
      "dtype": .string(tensor.dtype.rawValue),
      "shape": .array(tensor.shape.dimensions.map(JSONValue.integer)),
      "nbytes": .integer(tensor.byteCount),
    ]
    return .object(members.merging(more.object ?? [:]) { $1 })
  }

  /// The same as indented text, in pieces: all tensors of a file at once may take far more memory than the file.
  package func writeJSON(
    adding more: (StoredTensor) throws -> JSONValue, _ write: (String) -> Void
  ) rethrows {
    func indented(_ json: JSONValue, by count: Int) -> String {
      json.text(indented: true).replacing("\n", with: "\n" + String(repeating: " ", count: count))
    }
    write("{\n  \"format\": \(JSONValue.string(format.rawValue).text()),\n  \"tensors\": [")
    for (index, tensor) in tensors.enumerated() {
      write((index == 0 ? "\n    " : ",\n    ") + indented(Self.json(tensor, try more(tensor)), by: 4))
    }
    var budget = Value.Budget()
    write((tensors.isEmpty ? "" : "\n  ") + "],\n  \"values\": ")
    write(indented(values.json(tensors: tensors, budget: &budget), by: 2))
    if !warnings.isEmpty {
      write(",\n  \"warnings\": \(indented(.array(warnings.map(JSONValue.string)), by: 2))")
    }
    write("\n}")
  }
}
