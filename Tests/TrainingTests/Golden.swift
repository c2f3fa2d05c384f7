import Foundation
import Testing

/// Reference data that stands beside the script that wrote it.
enum Golden {
  /// The contents of `Goldens/NAME.json`.
  static func load<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
    let folder = try #require(Bundle.module.resourceURL, "the test bundle has no resources")
    let file = folder.appendingPathComponent("Goldens/\(name).json")
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
  }
}
