import Tensors

@testable import Checkpoint

/// PyTorch's archives that a test puts together, right and wrong.
struct TorchFile {
  /// The tensors of the state dict: name, and what the pickle says of it.
  struct Item {
    var name: String
    var shape: [Int] = [4]
    var strides: [Int] = [1]
    /// The elements of its storage.
    var count = 4
    var storage: String? = "FloatStorage"
    var key: String?
  }

  var items: [Item]
  /// All records by name, in order.
  var records: [(name: String, bytes: [UInt8])]

  /// A sound file of 16 bytes for each item, made sound or unsound afterwards.
  init(_ items: [Item], recordSize: Int = 16, dtype: String = "uint16") {
    self.items = items
    var encoder = PickleEncoder()
    encoder.openOrderedDictionary()
    for (index, item) in items.enumerated() {
      encoder.add(item.name)
      encoder.addTensor(
        key: item.key ?? String(index), dtype: dtype, storage: item.storage, shape: item.shape, strides: item.strides,
        count: item.count, byteCount: item.count)
    }
    encoder.closeDictionary()
    encoder.finish()
    records = [("data.pkl", encoder.bytes), ("byteorder", Array("little".utf8))]
    for index in items.indices where items[index].key == nil {
      records.append(("data/\(index)", (0..<recordSize).map { UInt8(truncatingIfNeeded: $0 + index) }))
    }
    records.append(("version", Array("3\n".utf8)))
  }

  /// Replaces a record; `nil` takes it away.
  mutating func set(_ name: String, _ bytes: [UInt8]?) {
    records.removeAll { $0.name == name }
    if let bytes { records.append((name, bytes)) }
  }

  /// Writes the archive.
  func write(to path: String, folder: String = "archive/") throws {
    let file = try OpenFile(path, .readWrite)
    try file.setSize(0)
    let writer = ZipWriter(to: file, style: .pytorch)
    for record in records { try writer.add(folder + record.name, record.bytes) }
    try file.setSize(try writer.finish())
  }
}
