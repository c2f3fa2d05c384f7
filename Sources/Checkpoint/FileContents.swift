import OrderedCollections
import Tensors

/// What a checkpoint file of any format holds, described without reading a tensor.
public struct FileContents: Sendable {
  /// The format: `zoo-checkpoint`.
  public let format: String
  /// The program that wrote it, when the file says so.
  public let producer: String?
  /// The bytes of the file.
  public let byteCount: Int
  /// All tensors, in the order of the file.
  public let tensors: [StoredTensor]
  /// Everything that is not a tensor.
  public let values: JSONValue

  /// `{"format", "tensors": [{"path", "name", "dtype", "shape", "nbytes", "sha256"?}], "values"}`.
  /// - Parameter sha256: Gives the hash of a tensor's little-endian contiguous bytes; `nil` leaves hashes out.
  public func json(sha256: ((StoredTensor) throws -> String)? = nil) rethrows -> JSONValue {
    let tensors = try tensors.map { tensor in
      var members: OrderedDictionary<String, JSONValue> = [
        "path": .array(tensor.path.map(JSONValue.string)),
        "name": .string(tensor.name),
        "dtype": .string(tensor.dtype.rawValue),
        "shape": .array(tensor.shape.dimensions.map(JSONValue.integer)),
        "nbytes": .integer(tensor.byteCount),
      ]
      if let sha256 { members["sha256"] = .string(try sha256(tensor)) }
      return JSONValue.object(members)
    }
    return ["format": .string(format), "tensors": .array(tensors), "values": values]
  }
}
