import Checkpoint
import Foundation

extension JSONValue {
  /// The value as a type of ours.
  /// - Parameters:
  ///   - name: What it is, for errors.
  ///   - path: The file that holds it, for errors.
  ///   - keys: How its keys are spelled in Swift; types that name their own take `.useDefaultKeys`.
  func decoded<Value: Decodable>(
    of name: String, in path: String, keys: JSONDecoder.KeyDecodingStrategy = .convertFromSnakeCase
  ) throws(TrainingError) -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = keys
    do {
      return try decoder.decode(Value.self, from: Data(text().utf8))
    } catch {
      throw TrainingError(
        .file, at: path.terminalEscaped,
        "'\(name)' cannot be understood: \(error); was it written by a newer version of this program?")
    }
  }

  /// A value of ours as JSON, with keys as PyTorch's users write them: `batch_size`.
  init(encoding value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    self = try JSONValue(parsing: String(decoding: encoder.encode(value), as: UTF8.self))
  }
}
