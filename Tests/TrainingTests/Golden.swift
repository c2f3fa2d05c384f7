import Foundation
import Testing

/// Reference data that stands beside the script that wrote it.
enum Golden {
  /// The contents of `Goldens/NAME.json`.
  static func load<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: file("\(name).json")))
  }

  /// A file in `Goldens`.
  static func file(_ name: String) throws -> URL {
    try #require(Bundle.module.resourceURL, "the test bundle has no resources").appendingPathComponent(
      "Goldens/\(name)")
  }
}
