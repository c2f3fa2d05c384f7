import SwiftProtobuf

/// An event file as TensorBoard reads it: records of TensorFlow's `Event` messages.
///
/// Each record is its length (8 bytes, little endian), the masked CRC-32C of that, the message, and the masked CRC-32C of
/// the message (tensorflow/core/lib/io/record_writer.h). Protobuf/tensorboard_event.proto has the messages.
struct TensorBoardFile {
  /// The file so far.
  private(set) var bytes: [UInt8] = []

  /// A file that begins at a time.
  /// - Parameter time: Seconds since 1970.
  /// - Throws: What the serializer does.
  init(time: Double) throws {
    try append(
      .with {
        $0.wallTime = time
        $0.fileVersion = "brain.Event:2"
      })
  }

  /// Adds values that belong to a step.
  /// - Throws: What the serializer does.
  mutating func add(_ values: [(tag: String, value: Double)], step: Int, time: Double) throws {
    guard !values.isEmpty else { return }
    try append(
      .with {
        $0.wallTime = time
        $0.step = Int64(step)
        $0.summary.value = values.map { value in
          .with {
            $0.tag = value.tag
            $0.simpleValue = Float(value.value)
          }
        }
      })
  }

  private mutating func append(_ event: TensorBoardEvent) throws {
    let message: [UInt8] = try event.serializedBytes()
    let length = littleEndian(UInt64(message.count))
    bytes += length + littleEndian(CRC32C.masked(length)) + message + littleEndian(CRC32C.masked(message))
  }

  private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
