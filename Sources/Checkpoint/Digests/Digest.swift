import CXXHash

/// The digest that guards bytes against accidents: XXH3 of 128 bits, which is as fast as memory. It is no protection
/// against forgery.
///
/// `xxh3-128:` and 32 hexadecimal digits, the canonical big-endian form of the xxHash specification; the same as
/// `xxhash.xxh3_128_hexdigest` of Python.
struct Digest {
  /// What a digest looks like before it is known: as long as a real one.
  static let placeholder = prefix + String(repeating: "0", count: 32)

  private static let prefix = "xxh3-128:"

  private let state: OpaquePointer?

  /// Calls `body` with a digest of nothing, and gives what it has become.
  static func of(_ body: (inout Digest) throws -> Void) rethrows -> String {
    var digest = Digest(state: XXH3_createState())
    defer { XXH3_freeState(digest.state) }
    XXH3_128bits_reset(digest.state)
    try body(&digest)
    return digest.text(XXH3_128bits_digest(digest.state))
  }

  /// Takes in more bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    if let start = bytes.baseAddress { XXH3_128bits_update(state, start, bytes.count) }
  }

  /// Whether `text` is the form of digest that this build checks.
  static func isKnown(_ text: String) -> Bool {
    text.utf8.count == placeholder.utf8.count && text.hasPrefix(prefix)
      && text.utf8.dropFirst(prefix.utf8.count).allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
      }
  }

  private func text(_ hash: XXH128_hash_t) -> String {
    func digits(_ word: UInt64) -> String {
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return Self.prefix + digits(hash.high64) + digits(hash.low64)
  }
}
