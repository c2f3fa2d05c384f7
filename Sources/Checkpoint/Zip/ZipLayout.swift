/// The records of a zip archive (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5): signatures, sizes and flags.
enum ZipLayout {
  static let localSignature: UInt32 = 0x0403_4B50
  static let centralSignature: UInt32 = 0x0201_4B50
  static let descriptorSignature: UInt32 = 0x0807_4B50
  static let endSignature: UInt32 = 0x0605_4B50
  static let end64Signature: UInt32 = 0x0606_4B50
  static let locatorSignature: UInt32 = 0x0706_4B50

  /// The fixed part of a local header; name and extra fields follow.
  static let localSize = 30
  /// The fixed part of a central header; name, extra fields and comment follow.
  static let centralSize = 46
  /// The end record; the archive's comment follows.
  static let endSize = 22
  /// The end record of archives with large numbers.
  static let end64Size = 56
  /// What says where that is.
  static let locatorSize = 20

  /// In 16 and 32 bits: the value stands in the extra field ``zip64Field``.
  static let large16: UInt16 = .max
  static let large32: UInt32 = .max
  /// The extra field of values of 64 bits.
  static let zip64Field: UInt16 = 1
  /// The extra field with which PyTorch aligns what an entry holds: the letters FB.
  static let paddingField: UInt16 = 0x4246

  /// The bits of an entry's flags that mean something here.
  enum Flag {
    static let encrypted: UInt16 = 1 << 0
    /// Checksum and sizes stand behind the bytes, and not in the local header.
    static let descriptor: UInt16 = 1 << 3
    static let patch: UInt16 = 1 << 5
    static let strongEncryption: UInt16 = 1 << 6
    /// The name is UTF-8.
    static let utf8: UInt16 = 1 << 11
    static let masked: UInt16 = 1 << 13
  }

  /// What a method of compression is called.
  static func name(ofMethod method: UInt16) -> String {
    switch method {
    case 1: "shrunk"
    case 2...5: "reduced"
    case 6: "imploded"
    case 9: "compressed with Deflate64"
    case 12: "compressed with bzip2"
    case 14: "compressed with LZMA"
    case 20, 93: "compressed with Zstandard"
    case 95: "compressed with XZ"
    case 99: "encrypted with AES"
    default: "compressed with method \(method)"
    }
  }
}
