extension H5ChunkIndex {
  /// An array of as many entries as there may ever be chunks, in pages when they are many (specification, VII.C).
  mutating func readFixedArray(_ address: Int, _ pageBits: Int) throws {
    var header = try source.checked(28, at: address, of: what, signature: "FAHD")
    try header.version(0...0)
    try header.skip(1)
    let entrySize = try header.integer(1)
    guard try header.integer(1) == pageBits, pageBits < 32 else { throw header.error("contradicts the layout") }
    let count = try header.length()
    guard let block = try header.address() else { return }
    guard count == numbers.total, count <= source.size / 8, isEntrySize(entrySize) else {
      throw header.error("does not fit the dataset")
    }
    let page = 1 << pageBits
    let pageCount = (count + page - 1) / page
    if pageCount <= 1 {
      var data = try source.checked(14 + count * entrySize + 4, at: block, of: what, signature: "FADB")
      try data.skip(10)
      for number in 0..<count { try add(number, &data, size: entrySize) }
      return
    }
    let bitmapSize = (pageCount + 7) / 8
    var data = try source.checked(14 + bitmapSize + 4, at: block, of: what, signature: "FADB")
    try data.skip(10)
    let bitmap = Array(try data.take(bitmapSize))
    var position = block + 14 + bitmapSize + 4
    for index in 0..<pageCount {
      let entries = min(page, count - index * page)
      defer { position += entries * entrySize + 4 }
      guard bitmap[index / 8] >> UInt8(7 - index % 8) & 1 != 0 else { continue }
      var cursor = try source.cursor(entries * entrySize + 4, at: position, of: what)
      try cursor.checkSum()
      for entry in 0..<entries { try add(index * page + entry, &cursor, size: entrySize) }
    }
  }
}
