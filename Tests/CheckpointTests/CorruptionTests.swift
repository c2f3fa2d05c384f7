import Checkpoint
import Tensors
import Testing

/// Damage to a sound file: it is always noticed, and the damaged tensor is named.
@Suite struct CorruptionTests {
  let folder: TemporaryFolder
  let path: String
  let sound: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a.h5")
    try Samples.small().write(to: path)
    sound = try TemporaryFolder.bytes(path)
  }

  /// Cuts at every byte of the first part, at every 97th byte after that, and just before the end.
  @Test func truncation() throws {
    let lengths = Array(0..<300) + Array(stride(from: 300, to: sound.count, by: 97)) + [sound.count - 1]
    for length in lengths {
      try TemporaryFolder.write(Array(sound[..<length]), to: path)
      let error = checkpointError { _ = try Snapshot.read(path) }
      let expected: Set<CheckpointError.Code> = length < 8 ? [.unrecognised] : [.truncated]
      #expect(error.map { expected.contains($0.code) } == true, "\(length) bytes: \(String(describing: error))")
    }
  }

  /// Every tensor, one bit of it flipped: at its first byte, its last, and in between.
  @Test func flippedTensors() throws {
    for tensor in try CheckpointFile(opening: path).contents.tensors {
      let start = try #require(tensor.offset)
      for position in [start, start + tensor.byteCount / 2, start + tensor.byteCount - 1] {
        var bytes = sound
        bytes[position] ^= 1 << UInt8(position % 8)
        try TemporaryFolder.write(bytes, to: path)
        let error = checkpointError { _ = try Snapshot.read(path) }
        #expect(error?.code == .corrupt)
        let place = "/\(tensor.path.joined(separator: "/")) (bytes \(start)..<\(start + tensor.byteCount))"
        #expect(error?.message.contains(place) == true, "\(String(describing: error))")
      }
    }
  }

  @Test func allBadTensorsAreNamedAtOnce() throws {
    let tensors = try CheckpointFile(opening: path).contents.tensors
    var bytes = sound
    for tensor in tensors { bytes[try #require(tensor.offset)] ^= 0x80 }
    try TemporaryFolder.write(bytes, to: path)
    let error = checkpointError { _ = try Snapshot.read(path) }
    #expect(error?.message.contains("\(tensors.count) tensors are not those that were written") == true)
    for tensor in tensors { #expect(error?.message.contains("/" + tensor.path.joined(separator: "/")) == true) }
    // Whoever defers the digests gets the tensors as they are.
    #expect(try Snapshot.read(path, verifying: false).net.count == 4)
    #expect(try Snapshot.open(path).net.count == 4)
  }

  /// A bit flipped anywhere else, at 400 places: an error, or a byte that means nothing and nothing changes.
  @Test func flippedStructure() throws {
    let expected = try Snapshot.read(path)
    let tensors = try CheckpointFile(opening: path).contents.tensors
    let ranges = try tensors.map { tensor in
      let start = try #require(tensor.offset)
      return start..<start + tensor.byteCount
    }
    let structure = sound.indices.filter { index in !ranges.contains { $0.contains(index) } && sound[index] != 0 }
    #expect(structure.count > 2000)
    var random = RandomSource(seed: 5, purpose: .synthetic)
    var noticed = 0
    for _ in 0..<400 {
      let position = structure[random.integer(below: structure.count)]
      var bytes = sound
      bytes[position] ^= 1 << UInt8(random.integer(below: 8))
      try TemporaryFolder.write(bytes, to: path)
      do {
        let differences = Samples.differences(expected, try Snapshot.read(path))
        #expect(differences == [], "byte \(position)")
      } catch {
        #expect(error is CheckpointError, "byte \(position): \(error)")
        noticed += 1
      }
    }
    #expect(noticed > 300)
  }

  /// Names of classes that fill more than an object header lie where HDF5 has no checksum: ours finds the flip.
  @Test func flippedLargeAttribute() throws {
    var snapshot = Samples.training()
    snapshot.classNames = (0..<9000).map { "class number \($0)" }
    try snapshot.write(to: path)
    var bytes = try TemporaryFolder.bytes(path)
    let needle = Array("class number 4321".utf8)
    let position = try #require(bytes.indices.first { bytes[$0...].starts(with: needle) })
    bytes[position] ^= 1
    try TemporaryFolder.write(bytes, to: path)
    let error = checkpointError { _ = try Snapshot.open(path) }
    #expect(error?.code == .corrupt && error?.message.contains("the attributes or the list of tensors") == true)
  }
}
