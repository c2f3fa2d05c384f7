import Foundation
import Testing

@testable import Datasets

/// What a gzip of JSON among the resources holds.
func gzippedJSON<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
  let bytes = try [UInt8](Data(contentsOf: Bundle.module.bundleURL.appending(path: path)))
  // A gzip ends with the length of what it holds (RFC 1952).
  let count = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  return try JSONDecoder().decode(type, from: Data(GzipReader(bytes, path: path).content(count: count)))
}
