/// The names of an old group (specification, III.D).
struct H5LocalHeap {
  private let source: H5Source
  private let object: String
  private let address: Int
  private let size: Int

  init(_ source: H5Source, at address: Int, object: String) throws {
    var cursor = try source.cursor(32, at: address, of: "the names in \(object)", signature: "HEAP")
    try cursor.version(0...0)
    try cursor.skip(3)
    size = try cursor.length()
    try cursor.skip(8)
    self.address = try cursor.requiredAddress()
    self.source = source
    self.object = object
  }

  /// The name at a position.
  func text(at position: Int) throws -> String {
    let what = "a name in \(object)"
    guard position >= 0, position < size else {
      throw CheckpointError(.corrupt, path: source.path, "\(what) lies outside of the names")
    }
    // Most names are short: the whole heap need not be read for one.
    let most = min(size - position, source.size - min(source.size, address + position))
    var count = 64
    while true {
      let bytes = try source.bytes(min(count, most), at: address + position, of: what)
      var cursor = H5Cursor(bytes, path: source.path, what: what)
      if bytes.contains(0) || count >= most { return try cursor.terminatedText() }
      count *= 8
    }
  }
}
