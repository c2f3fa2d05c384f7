/// Texts of variable length (specification, III.E).
///
/// A text is the length that its element claims, and never more than the heap has for it.
final class H5GlobalHeap {
  private let source: H5Source
  private var collections: [Int: [Int: ArraySlice<UInt8>]] = [:]

  init(_ source: H5Source) { self.source = source }

  /// The bytes for an element: a length, the address of a collection and a number in it.
  func bytes(_ element: inout H5Cursor) throws -> ArraySlice<UInt8> {
    let length = try element.integer(4)
    let address = try element.address()
    let number = try element.integer(4)
    guard length > 0, let address, address > 0 else { return [] }
    guard let object = try collection(at: address)[number] else {
      throw element.error("refers to a text that is not there")
    }
    guard length <= object.count else {
      throw element.error("claims a text of \(length) bytes where the file has \(object.count)")
    }
    // A text may stand in many places: all copies count.
    try source.charge(length)
    return object.prefix(length)
  }

  private func collection(at address: Int) throws -> [Int: ArraySlice<UInt8>] {
    if let collection = collections[address] { return collection }
    let what = "a heap of texts"
    var head = try source.cursor(16, at: address, of: what, signature: "GCOL")
    try head.version(1...1)
    try head.skip(3)
    let size = try head.length()
    guard size >= 16 else { throw head.error("is too small") }
    var body = try source.cursor(size - 16, at: address + 16, of: what)
    var objects: [Int: ArraySlice<UInt8>] = [:]
    while body.count >= 16 {
      let number = try body.integer(2)
      try body.skip(6)
      let length = try body.length()
      // Number 0 is the room that is left.
      if number == 0 { break }
      objects[number] = try body.take(length)
      try body.skip(min(body.count, (8 - length % 8) % 8))
    }
    if collections.count >= 64 { collections = [:] }
    collections[address] = objects
    return objects
  }
}
