/// An event file as TensorBoard reads it: records of TensorFlow's `Event` messages.
///
/// Each record is its length (8 bytes, little endian), the masked CRC-32C of that, the message, and the masked CRC-32C of
/// the message (tensorflow/core/lib/io/record_writer.h). Of the messages (tensorflow/core/util/event.proto and
/// framework/summary.proto) only the time, the step, the version and simple values are used.
struct TensorBoardFile {
  /// The file so far.
  private(set) var bytes: [UInt8] = []

  /// A file that begins at a time.
  /// - Parameter time: Seconds since 1970.
  init(time: Double) {
    var event = ProtobufMessage()
    event.add(1, double: time)
    event.add(3, text: "brain.Event:2")
    append(event)
  }

  /// Adds values that belong to a step.
  mutating func add(_ values: [(tag: String, value: Double)], step: Int, time: Double) {
    guard !values.isEmpty else { return }
    var summary = ProtobufMessage()
    for (tag, value) in values {
      var entry = ProtobufMessage()
      entry.add(1, text: tag)
      entry.add(2, float: Float(value))
      summary.add(1, message: entry)
    }
    var event = ProtobufMessage()
    event.add(1, double: time)
    event.add(2, integer: step)
    event.add(5, message: summary)
    append(event)
  }

  private mutating func append(_ event: ProtobufMessage) {
    let length = littleEndian(UInt64(event.bytes.count))
    bytes += length + littleEndian(CRC32C.masked(length)) + event.bytes + littleEndian(CRC32C.masked(event.bytes))
  }

  private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

/// A message of Protocol Buffers in the making (protobuf.dev/programming-guides/encoding).
private struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: Int, double value: Double) { key(field, 1, value.bitPattern.littleEndian) }

  mutating func add(_ field: Int, float value: Float) { key(field, 5, value.bitPattern.littleEndian) }

  mutating func add(_ field: Int, integer value: Int) {
    bytes += Self.varint(UInt64(field << 3))
    bytes += Self.varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func add(_ field: Int, text: String) { add(field, bytes: Array(text.utf8)) }

  mutating func add(_ field: Int, message: ProtobufMessage) { add(field, bytes: message.bytes) }

  private mutating func add(_ field: Int, bytes content: [UInt8]) {
    bytes += Self.varint(UInt64(field << 3 | 2)) + Self.varint(UInt64(content.count)) + content
  }

  private mutating func key(_ field: Int, _ kind: Int, _ value: some FixedWidthInteger) {
    bytes += Self.varint(UInt64(field << 3 | kind))
    withUnsafeBytes(of: value) { bytes += $0 }
  }

  /// Seven bits a byte, the lowest first.
  private static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
