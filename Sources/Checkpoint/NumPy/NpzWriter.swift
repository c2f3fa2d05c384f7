import OrderedCollections
import Tensors

/// Writes an archive of numpy arrays (`.npz`).
package struct NpzWriter: FormatWriter {
  private let options: WritingOptions

  /// A writer.
  package init(_ options: WritingOptions = WritingOptions()) { self.options = options }

  package func losses(of snapshot: LazySnapshot) -> [Loss] { NpzPlan(snapshot).losses }

  package func write(_ snapshot: LazySnapshot, to path: String) throws {
    let plan = NpzPlan(snapshot)
    let publication = try Publication(of: path)
    do {
      let writer = ZipWriter(to: publication.file, style: .plain)
      if let level = options.compression {
        try compress(plan, level: level, with: writer)
      } else {
        try store(plan, with: writer, in: publication.file)
      }
      if let text = plan.text { try writer.add(NpzNames.text, text.utf8) }
      try writer.finish()
      try verify(plan, publication)
      try publication.publish()
    } catch let error as CheckpointError where error.path == publication.temporary || error.path == path {
      throw publication.explained(error, path: path)
    }
  }

  private func store(_ plan: NpzPlan, with writer: ZipWriter, in file: OpenFile) throws {
    let places = try plan.members.map { try writer.place($0.name, byteCount: $0.header.count + $0.source.byteCount) }
    try file.reserve(writer.byteCount)
    let placed = zip(plan.members, places).map { member, place in
      TensorPlacement(source: member.source, offset: place.offset + member.header.count)
    }
    let sums = try file.write(placed)
    for ((member, place), sum) in zip(zip(plan.members, places), sums) {
      var crc = CRC32()
      try member.header.withUnsafeBytes { bytes in
        try file.write(bytes, at: place.offset)
        crc.update(bytes)
      }
      crc.update(sum, count: member.source.byteCount)
      writer.set(crc.value, of: place)
    }
  }

  private func compress(_ plan: NpzPlan, level: Int, with writer: ZipWriter) throws {
    for member in plan.members {
      try member.source.tensor().withUnsafeBytes { bytes in
        try member.header.withUnsafeBytes { try writer.add(member.name, deflating: [$0, bytes], level: level) }
      }
    }
  }

  /// Brings everything to the disk, and reads it back meanwhile.
  private func verify(_ plan: NpzPlan, _ publication: Publication) throws {
    let archive = try ZipArchive(OpenFile(publication.temporary, .read))
    let expected = plan.members.map(\.name) + (plan.text == nil ? [] : [NpzNames.text])
    guard archive.entries.map(\.name) == expected else { throw OpenFile.isAnother(publication.temporary) }
    let file = publication.file
    try Parallel.forEach(archive.entries.count + 1) { index in
      guard index > 0 else { return try file.synchronize() }
      try archive.check(archive.entries[index - 1])
    }
  }
}

/// What an archive of numpy arrays can hold of a snapshot.
struct NpzPlan {
  /// An array on its way into the archive.
  struct Member {
    let name: String
    let header: [UInt8]
    let source: TensorSource
  }

  /// All arrays, in order.
  let members: [Member]
  /// The archive's text.
  let text: String?
  /// What is left out.
  let losses: [Loss]

  init(_ snapshot: LazySnapshot) {
    var names = NpzNames()
    // A dry run finds the names of the tensors that are no parameters; the text that is written then notes all names.
    let others = SnapshotMetadata(of: snapshot) { snapshot.net[$0] != nil }.tensors
    let tensors = snapshot.net.merging(others) { first, _ in first }
    var types: OrderedDictionary<String, JSONValue> = [:]
    members = tensors.map { name, source in
      if !NpyType.isKnown(source.dtype) { types[name] = .string(source.dtype.rawValue) }
      return Member(
        name: names.member(name),
        header: NpyHeader.bytes(descriptor: NpyType.descriptor(source.dtype), shape: source.shape), source: source)
    }
    var notes: OrderedDictionary<String, JSONValue> = [:]
    if !types.isEmpty { notes[NpzReader.typesKey] = .object(types) }
    if !names.real.isEmpty {
      let real = names.real.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
      notes[NpzReader.namesKey] = .object(OrderedDictionary(uniqueKeysWithValues: real))
    }
    let own = SnapshotMetadata(of: snapshot, notes: notes) { snapshot.net[$0] != nil }
    text = own.text
    losses = own.losses
  }
}
