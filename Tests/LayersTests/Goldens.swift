import Foundation

/// A golden file beside the script that wrote it.
func golden<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
  let file = Bundle.module.bundleURL.appending(path: "Goldens/\(name).json")
  return try JSONDecoder().decode(type, from: Data(contentsOf: file))
}
