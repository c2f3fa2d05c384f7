import CCrypto

/// SHA-256 (FIPS 180-4) of bytes that come in pieces, by libcrypto.
struct SHA256Sum: ~Copyable {
  private let context: OpaquePointer?

  /// The sum of no bytes.
  init() {
    context = EVP_MD_CTX_new()
    let status = EVP_DigestInit_ex(context, EVP_sha256(), nil)
    precondition(status == 1, "libcrypto has SHA-256")
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let status = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(status == 1, "SHA-256 takes any bytes")
  }

  /// The sum in 64 hexadecimal digits.
  consuming func hexadecimal() -> String {
    var hash = [UInt8](repeating: 0, count: 32)
    let status = EVP_DigestFinal_ex(context, &hash, nil)
    precondition(status == 1, "a SHA-256 can be finished once")
    return SHA256.hexadecimal(hash)
  }
}

/// Digests of whole files.
package enum FileDigest {
  /// The SHA-256 of a file in 64 hexadecimal digits.
  package static func sha256(of path: String) throws -> String {
    let file = try OpenFile(path, .read)
    try FileKind.checkOrdinary(file)
    var sum = SHA256Sum()
    try file.forEachPiece(of: try file.size(), at: 0) { sum.update($0) }
    return sum.hexadecimal()
  }
}
