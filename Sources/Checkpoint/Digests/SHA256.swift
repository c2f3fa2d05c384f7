import CCrypto

/// SHA-256 (FIPS 180-4), by libcrypto.
enum SHA256 {
  /// The hash of bytes in 64 hexadecimal digits.
  static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
    var hash = [UInt8](repeating: 0, count: 32)
    let status = EVP_Digest(bytes.baseAddress, bytes.count, &hash, nil, EVP_sha256(), nil)
    precondition(status == 1, "libcrypto has SHA-256, and it takes any bytes")
    return hexadecimal(hash)
  }

  /// Bytes in hexadecimal digits.
  static func hexadecimal(_ hash: [UInt8]) -> String {
    hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
