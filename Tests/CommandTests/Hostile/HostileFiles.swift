import Foundation
import Tensors

@testable import Checkpoint

extension HostileFile {
  /// The files, one for each way to ask for too much.
  static let all = json + archives + pickles + others

  /// Those that keep a debug build busy for five seconds and more.
  static let slow: Set = [
    "chunks-of-zeros.h5", "empty-nodes.onnx", "many-entries.npz", "memo.pth", "one-object-often.pth", "records.pth",
    "sparse-memo.pth",
  ]

  private static let megabyte = 1 << 20
  private static let entry = "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"

  // MARK: - JSON

  private static let json: [HostileFile] = [
    safetensors("long-header") {
      Array("{".utf8) + Repeated.numbered("\"", entry, count: 1_600_000) + Array("\"z\(entry.dropLast())}".utf8)
    },
    safetensors("many-tiny-tensors") { tensors(400_000) },
    safetensors("long-names") { tensors(50_000, longer: 400) },
    HostileFile("thirty-thousand-tensors.safetensors", isSound: true) { path in
      let header = tensors(30_000, longer: 50)
      try Data(Repeated.little(UInt64(header.count)) + header).write(to: URL(filePath: path))
    },
    safetensors("nested-header") { Array("{\"a\":".utf8) + Repeated.text("[", upTo: 99 * megabyte / 2) },
    safetensors("escaped-text") {
      Array("{\"__metadata__\":{\"t\":\"".utf8) + Repeated.text("\\u00e4", upTo: 24_000_000) + Array("\"}}".utf8)
    },
    safetensors("json-in-text") { text(in: "{\"format\":\"zoo-snapshot\",\"x\":[", "0,", "0]}", megabytes: 21) },
    safetensors("nested-json-in-text") { text(in: "{\"format\":\"zoo-snapshot\",\"x\":", "[", "0]}", megabytes: 21) },
    safetensors("objects-in-text") {
      text(in: "{\"format\":\"zoo-snapshot\",\"x\":[", "{},", "0]}", megabytes: 21)
    },
    safetensors("huge-shape") {
      Array("{\"a\":{\"dtype\":\"U8\",\"shape\":[1000000000],\"data_offsets\":[0,0]}}".utf8)
    },
    bytes("a-million-shards.safetensors.index.json") {
      Array("{\"weight_map\":{".utf8) + Repeated.numbered("\"t", "\":\"f.safetensors\",", count: 800_000)
        + Array("\"z\":\"f\"}}".utf8)
    },
    bytes("a-hundred-thousand-shards.safetensors.index.json") {
      let names = (0..<100_000).map { "\"t\($0)\":\"f\($0).safetensors\"" }.joined(separator: ",")
      return Array("{\"weight_map\":{\(names)}}".utf8)
    },
    bytes("numbers.json") { Array("{\"a\":[".utf8) + Repeated.text("0,", upTo: 22 * megabyte) + Array("0]}".utf8) },
    bytes("metadata.safetensors.index.json") {
      Array("{\"metadata\":{\"a\":[".utf8) + Repeated.text("{},", upTo: 22 * megabyte)
        + Array("0]},\"weight_map\":{}}".utf8)
    },
  ]

  /// A safetensors header of tensors without elements.
  private static func tensors(_ count: Int, longer: Int = 0) -> [UInt8] {
    Array("{".utf8) + Repeated.numbered("\"", String(repeating: "n", count: longer) + entry, count: count)
      + Array("\"z\(entry.dropLast())}".utf8)
  }

  /// A safetensors header with JSON text of zoo in its metadata.
  private static func text(in start: String, _ unit: String, _ end: String, megabytes: Int) -> [UInt8] {
    func quoted(_ text: String) -> String { text.replacing("\"", with: "\\\"") }
    return Array("{\"__metadata__\":{\"zoo\":\"\(quoted(start))".utf8)
      + Repeated.text(quoted(unit), upTo: megabytes * megabyte) + Array("\(quoted(end))\"}}".utf8)
  }

  // MARK: - Zip

  private static let archives: [HostileFile] = [
    zip("text-bomb.npz") {
      [
        (
          "zoo.json",
          Array("{\"format\":\"zoo-snapshot\",\"x\":[".utf8)
            + Repeated.text("0,", upTo: 60 * megabyte) + Array("0]}".utf8)
        )
      ]
    },
    zip("text-bomb.keras") {
      [("config.json", Repeated.text("[", upTo: 60 * megabyte)), ("model.weights.h5", [0])]
    },
    zip("header-bomb.npz") {
      [
        (
          "a.npy",
          NpyHeader.magic + [2, 0] + Repeated.little(UInt32(60_000_000)) + Repeated.text(" ", upTo: 60_000_000)
        )
      ]
    },
    zip("zeros.npz", largest: 100 * megabyte, isSound: true) {
      [
        (
          "a.npy",
          NpyHeader.bytes(descriptor: "|u1", shape: [100 * megabyte]) + [UInt8](repeating: 0, count: 100 * megabyte)
        )
      ]
    },
    zip("many-zeros.npz", largest: 60 * megabyte, isSound: true) {
      let member =
        NpyHeader.bytes(descriptor: "|u1", shape: [60 * megabyte]) + [UInt8](repeating: 0, count: 60 * megabyte)
      return (0..<4).map { ("a\($0).npy", member) }
    },
    HostileFile("overlapping.npz") { path in
      let file = try OpenFile(path, .readWrite)
      let writer = ZipWriter(to: file, style: .plain)
      try writer.add("a.npy", NpyHeader.bytes(descriptor: "|u1", shape: [1000]) + [UInt8](repeating: 1, count: 1000))
      let size = try writer.finish()
      // The same entry again and again in the table of contents.
      let bytes = try file.prefix(size)
      let start = size - 22 - ZipLayout.centralSize - 5
      let (head, one) = (bytes[..<start], bytes[start..<size - 22])
      let count = 60_000
      let table = Repeated.bytes(Array(one), upTo: one.count * count)
      var end = Array(bytes[(size - 22)...])
      end.replaceSubrange(8..<12, with: Repeated.little(UInt16(count)) + Repeated.little(UInt16(count)))
      end.replaceSubrange(12..<16, with: Repeated.little(UInt32(table.count)))
      try Data(head + table + end).write(to: URL(filePath: path))
    },
    zip("many-entries.npz", isSound: true, deflated: false) {
      let member = NpyHeader.bytes(descriptor: "|u1", shape: [1]) + [1]
      return (0..<20_000).map { ("tensor.number.\($0).npy", member) }
    },
  ]

  // MARK: - Pickles

  private static let pickles: [HostileFile] = [
    pickle("inflated", deflated: true) { Repeated.text("N0", upTo: 63 * megabyte) },
    pickle("small-objects") { Repeated.bytes([0x4A, 1, 2, 3, 4], upTo: 50_000_000) },
    pickle("listed-objects") {
      Array("](".utf8) + Repeated.bytes([0x4A, 1, 2, 3, 4], upTo: 20_000_000) + Array("e.".utf8)
    },
    pickle("dictionary-of-objects") {
      Array("}(".utf8) + Repeated.bytes([0x4A, 1, 2, 3, 4, 0x4E], upTo: 20_000_000) + Array("u.".utf8)
    },
    pickle("marks") { Repeated.text("(", upTo: 50_000_000) },
    pickle("stack") { Repeated.text("N", upTo: 50_000_000) },
    pickle("empty-lists") { Repeated.text("]", upTo: 50_000_000) },
    pickle("memo") { [0x4E] + Repeated.bytes([0x94], upTo: 50_000_000) },
    pickle("sparse-memo") {
      var bytes = Array("N".utf8)
      var number: UInt32 = 77
      while bytes.count < 5_000_000 {
        bytes += [0x72] + Repeated.little(number | 1 << 31)
        number &+= 40_503
      }
      return bytes + Array(".".utf8)
    },
    pickle("one-object-often") { Array("N](".utf8) + Repeated.text("N", upTo: 40_000_000) + Array("e.".utf8) },
    pickle("billion-laughs") {
      var bytes = Array("]q".utf8) + [0]
      for number in UInt8(1)..<100 { bytes += Array("](h".utf8) + [number - 1, 0x68, number - 1, 0x65, 0x71, number] }
      return bytes + Array(".".utf8)
    },
    pickle("long-claim") { [0x8B] + Repeated.little(Int32.max) + [1, 2, 3] },
    pickle("long-number") {
      [0x8B] + Repeated.little(Int32(30_000_000)) + [UInt8](repeating: 7, count: 30_000_000) + [0x2E]
    },
    pickle("frame-claim") { [0x95] + Repeated.little(UInt64.max) + Array("N.".utf8) },
    pickle("text-claim") { [0x8D] + Repeated.little(UInt64(1) << 62) + Array("abc".utf8) },
    pickle("long-text") {
      [0x58] + Repeated.little(UInt32(60_000_000)) + Repeated.text("a", upTo: 60_000_000) + Array(".".utf8)
    },
    pickle("globals") { Repeated.numbered("cm\nC", "\n", count: 2_000_000) },
    pickle("records") {
      Array("](".utf8) + Repeated.bytes(Array("cm\nC\n)R".utf8), upTo: 20_000_000) + Array("e.".utf8)
    },
    views(10_000),
    views(5, isSound: true),
    bytes("spread.pt") { spread },
    bytes("objects.pt") {
      streamHead + [0x80, 2, 0x7D, 0x2E, 0x80, 2] + Repeated.bytes([0x4A, 1, 2, 3, 4], upTo: 50_000_000)
    },
  ]

  /// What the stream before 1.6 begins with: a number and a version. A note on the system follows, and then objects.
  private static let streamHead: [UInt8] = [
    0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E, 0x80, 2, 0x4D, 0xE9, 3, 0x2E,
  ]

  /// A stream with a number to read every 12 KB, 120 MB long.
  private static var spread: [UInt8] {
    let (count, elements) = (10_000, 3000)
    var (object, keys) = (PickleEncoder(), PickleEncoder())
    object.openDictionary()
    keys.openList()
    for index in 0..<count {
      object.add("t\(index)")
      object.addTensor(
        key: "\(index)", dtype: "", storage: "FloatStorage", shape: [elements], strides: [1], count: elements,
        byteCount: 4 * elements)
      keys.add("\(index)")
    }
    object.closeDictionary()
    keys.closeList()
    object.finish()
    keys.finish()
    let storage = Repeated.little(Int64(elements)) + [UInt8](repeating: 0, count: 4 * elements)
    return streamHead + [0x80, 2, 0x7D, 0x2E] + object.bytes + keys.bytes
      + Repeated.bytes(storage, upTo: count * storage.count)
  }

  /// So many tensors that are all of one storage of 20 MB.
  private static func views(_ count: Int, isSound: Bool = false) -> HostileFile {
    let elements = 5 * megabyte
    return zip("views-\(count).pth", largest: 4 * elements, isSound: isSound, style: .pytorch, deflated: false) {
      var encoder = PickleEncoder()
      encoder.openDictionary()
      for index in 0..<count {
        encoder.add("tensor.\(index)")
        encoder.addTensor(
          key: "0", dtype: "", storage: "FloatStorage", shape: [elements], strides: [1], count: elements,
          byteCount: 4 * elements)
      }
      encoder.closeDictionary()
      encoder.finish()
      return [
        ("a/data.pkl", encoder.bytes), ("a/data/0", [UInt8](repeating: 1, count: 4 * elements)),
        ("a/version", Array("3\n".utf8)),
      ]
    }
  }

  // MARK: - Others

  private static let others: [HostileFile] = [
    HostileFile("a-terabyte.safetensors") { path in
      let header = Array("{\"a\":{\"dtype\":\"F32\",\"shape\":[250000000000],\"data_offsets\":[0,1000000000000]}}".utf8)
      try Data(Repeated.little(UInt64(header.count)) + header).write(to: URL(filePath: path))
      try OpenFile(path, .readWrite).setSize(8 + header.count + 1_000_000_000_000)
    },
    HostileFile("a-terabyte.npy") { path in
      let header = NpyHeader.bytes(descriptor: "<f4", shape: [250_000_000_000])
      try Data(header).write(to: URL(filePath: path))
      try OpenFile(path, .readWrite).setSize(header.count + 1_000_000_000_000)
    },
    bytes("long-header.npy") {
      NpyHeader.magic + [2, 0] + Repeated.little(UInt32(60_000_000)) + Repeated.text(" ", upTo: 60_000_000)
    },
    HostileFile("chunks-of-zeros.h5", largest: 100 * megabyte, isSound: true) { path in
      let snapshot = Snapshot(net: ["a": Tensor(zeros: [25, megabyte])])
      try NativeWriter(WritingOptions(compression: 9)).write(LazySnapshot(snapshot), to: path)
    },
    bytes("a-million-links.h5") { OldGroup.links(1_000_000) },
    bytes("nested.onnx") {
      var graph: [UInt8] = []
      // Attributes of nodes hold graphs: 6 is the graph of an attribute, 5 the attribute of a node, 1 the node of a graph.
      for _ in 0..<2000 { for field in [UInt8(6), 5, 1] { graph = message(field, graph) } }
      return [0x08, 8] + message(7, graph)
    },
    bytes("empty-nodes.onnx") { [0x08, 8] + message(7, Repeated.bytes([0x0A, 0], upTo: 8_000_000)) },
    bytes("empty-tensors.onnx") { [0x08, 8] + message(7, Repeated.bytes([0x2A, 0], upTo: 20_000_000)) },
    bytes("tiny-tensors.onnx") {
      [0x08, 8] + message(7, Repeated.bytes([0x2A, 4, 0x10, 2, 0x08, 0], upTo: 20_000_000))
    },
    bytes("long-text.onnx") { [0x08, 8] + message(4, Repeated.text("a", upTo: 80_000_000)) + message(7, []) },
    bytes("notes.onnx") {
      let note = message(14, message(1, [0x61]) + message(2, Repeated.text("a", upTo: 90_000)))
      return [0x08, 8] + Repeated.bytes(note, upTo: 900 * note.count) + message(7, [])
    },
  ]

  /// A field of Protocol Buffers that holds bytes.
  private static func message(_ field: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    var (head, count) = ([field << 3 | 2], bytes.count)
    repeat {
      head.append(UInt8(count & 0x7F) | (count > 0x7F ? 0x80 : 0))
      count >>= 7
    } while count > 0
    return head + bytes
  }
}

/// An HDF5 file of one old group.
private enum OldGroup {
  /// A group with so many names of one empty group (HDF5 File Format Specification, III.A to III.D).
  static func links(_ count: Int) -> [UInt8] {
    let perTable = 60_000
    let tables = (count + perTable - 1) / perTable
    let none = Repeated.little(UInt64.max)
    func header(_ tree: Int, _ heap: Int) -> [UInt8] {
      // An object header of version 1 with one message, the symbol table.
      [1, 0, 1, 0] + Repeated.little(UInt32(1)) + Repeated.little(UInt32(24)) + [0, 0, 0, 0]
        + Repeated.little(UInt16(0x11)) + Repeated.little(UInt16(16)) + [0, 0, 0, 0]
        + Repeated.little(UInt64(tree)) + Repeated.little(UInt64(heap))
    }
    let (root, other, tree) = (96, 136, 176)
    let heap = tree + 24 + 16 * tables + 8
    let (names, emptyTree) = (heap + 32, heap + 32 + 9 * count)
    let first = emptyTree + 24
    var file: [UInt8] = H5Superblock.signature + [0, 0, 0, 0, 0, 8, 8, 0]
    file += Repeated.little(UInt16(4)) + Repeated.little(UInt16(16)) + [0, 0, 0, 0]
    file += Repeated.little(UInt64(0)) + none
    file += Repeated.little(UInt64(first + tables * 8 + 40 * count)) + none
    file += Repeated.little(UInt64(0)) + Repeated.little(UInt64(root)) + [UInt8](repeating: 0, count: 24)
    file += header(tree, heap) + header(emptyTree, heap)
    precondition(file.count == tree && other == root + 40, "the parts stand where others look for them")
    file += Array("TREE".utf8) + [0, 0] + Repeated.little(UInt16(tables)) + none + none + Repeated.little(UInt64(0))
    for table in 0..<tables {
      file += Repeated.little(UInt64(first + table * (8 + 40 * perTable))) + Repeated.little(UInt64(0))
    }
    file = Array(file.prefix(heap))
    file +=
      Array("HEAP".utf8) + [0, 0, 0, 0] + Repeated.little(UInt64(9 * count)) + none + Repeated.little(UInt64(names))
    file += Repeated.numbered("", "\0", count: count)
    file += Array("TREE".utf8) + [0, 0, 0, 0] + none + none
    for table in 0..<tables {
      let here = min(perTable, count - table * perTable)
      file += Array("SNOD".utf8) + [1, 0] + Repeated.little(UInt16(here))
      var entry = Repeated.little(UInt64(0)) + Repeated.little(UInt64(other)) + [UInt8](repeating: 0, count: 24)
      for index in 0..<here {
        var place = UInt64(9 * (table * perTable + index))
        for byte in 0..<8 {
          entry[byte] = UInt8(truncatingIfNeeded: place)
          place >>= 8
        }
        file += entry
      }
    }
    return file
  }
}
