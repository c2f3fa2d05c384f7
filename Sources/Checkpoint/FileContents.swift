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
    let tensors = try tensors.map { tensor in
      let members: OrderedDictionary<String, JSONValue> = [
        "path": .array(tensor.path.map(JSONValue.string)),
        "name": .string(tensor.name),
        "dtype": .string(tensor.dtype.rawValue),
        "shape": .array(tensor.shape.dimensions.map(JSONValue.integer)),
        "nbytes": .integer(tensor.byteCount),
      ]
      return JSONValue.object(members.merging(try more(tensor).object ?? [:]) { $1 })
    }
    var budget = Value.Budget()
    var json: JSONValue = [
      "format": .string(format.rawValue), "tensors": .array(tensors),
      "values": values.json(tensors: self.tensors, budget: &budget),
    ]
    if !warnings.isEmpty { json["warnings"] = .array(warnings.map(JSONValue.string)) }
    return json
  }
}
