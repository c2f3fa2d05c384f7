@testable import Checkpoint
import Tensors
import Testing

/// Arrays that are not what they should be.
@Suite struct NpyRulesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ header: String, _ count: Int = 8, version: (UInt8, UInt8) = (1, 0), length: Int? = nil) throws {
    var bytes = NpyHeader.magic + [version.0, version.1]
    bytes.append(littleEndian: UInt16(length ?? header.utf8.count))
    bytes += Array(header.utf8) + [UInt8](repeating: 0, count: count)
    let path = folder.file("a.npy")
    try TemporaryFolder.write(bytes, to: path)
    _ = try NpyReader(path).read(0, verifying: true)
  }

  private static func header(_ descriptor: String = "'<f4'", _ order: String = "False", _ shape: String = "(2,)")
    -> String
  {
    "{'descr': \(descriptor), 'fortran_order': \(order), 'shape': \(shape), }\n"
  }

  @Test(arguments: [
    header(), header("\"<f4\""), header("u'<f4'"), header("'<f4'", "True"), header("'=f4'"),
    header("'<f4'", "False", "(2,1)"),
    header("'<f8'", "False", "()"), header("'<i2'", "True", "( 2L , 2L )"), header("'<f4'", "False", "(2,1,)"),
    "{'descr':'<f4','fortran_order':False,'shape':(2,)}",
  ])
  func sound(_ header: String) { #expect(throws: Never.self) { try open(header) } }

  static let rules: [(String, Int, CheckpointError.Code, String)] = [
    (header(), 7, .truncated, "[2] of float32, has 7 bytes"), (header(), 9, .corrupt, "has 9 bytes"),
    (header("'|O'"), 8, .unsupported, "Python objects"), (header("'<q4'"), 8, .unsupported, "'<q4'"),
    (header("'f4'"), 8, .unsupported, "'f4'"), (header("'|f4'"), 8, .unsupported, "'|f4'"),
    (header("''"), 8, .unsupported, "''"),
    (header("'<f3'"), 8, .unsupported, "'<f3'"), (header("[('a', '<f4')]"), 8, .unsupported, "records"),
    (header("('<f4', (2,))"), 8, .unsupported, "records"), (header("'|V4'"), 8, .unsupported, "raw bytes"),
    (header("'\u{1B}'"), 8, .unsupported, "'\\u{1B}'"),
    (header("__import__('os').system('x')"), 8, .corrupt, "a header that numpy does not write"),
    (header("'<f4'", "0"), 8, .corrupt, "a header that numpy does not write"),
    (header("'<f4'", "False", "(2)"), 8, .corrupt, "a header that numpy does not write"),
    (header("'<f4'", "False", "[2]"), 8, .corrupt, "a header that numpy does not write"),
    (header("'<f4'", "False", "(-2,)"), 8, .corrupt, "a header that numpy does not write"),
    (header("'<f4'", "False", "(2.0,)"), 8, .corrupt, "a header that numpy does not write"),
    (header("'<f4'", "False", "(99999999999999999999,)"), 8, .corrupt, "a header that numpy does not write"),
    (header("'<f4'", "False", "(4294967296,4294967296)"), 8, .corrupt, "a shape that no memory could hold"),
    (header("'<f4'", "False", "(9223372036854775807,)"), 8, .corrupt, "has 8 bytes"),
    (header("'<f4'", "False", "(" + String(repeating: "1,", count: 70) + ")"), 8, .corrupt, "a shape that no memory"),
    (header("'<f4' 'x'"), 8, .corrupt, "a header that numpy does not write"),
    (header("'<f\\x34'"), 8, .corrupt, "a header that numpy does not write"),
    ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 8, .corrupt, "a header that numpy"),
    ("{'descr': '<f4', 'shape': (2,)}", 8, .corrupt, "a header that numpy"), ("{}", 8, .corrupt, "a header that numpy"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", 8, .corrupt, "a header that numpy"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", 8, .corrupt, "a header that numpy"),
    ("{'descr': [[[", 8, .corrupt, "a header that numpy"), ("{'descr': '", 8, .corrupt, "a header that numpy"),
  ]

  @Test(arguments: rules.indices)
  func brokenRules(_ index: Int) {
    let (header, count, code, message) = Self.rules[index]
    let error = checkpointError { try open(header, count) }
    #expect(error?.code == (index == 20 ? .truncated : code), "\(String(describing: error))")
    #expect(error?.message.contains(message) == true, "\(String(describing: error))")
  }

  @Test func lengthsAndVersions() {
    #expect(checkpointError { try open(Self.header(), length: 60_000) }?.code == .truncated)
    #expect(checkpointError { try open(Self.header(), version: (4, 0)) }?.code == .unsupported)
    #expect(checkpointError { try open(Self.header(), version: (2, 0)) }?.code == .refused)
    #expect(checkpointError { try open(Self.header(), version: (1, 1)) }?.code == .unsupported)
  }

  /// In an archive the same rules hold, and one broken array keeps none of the others from being listed only when its
  /// elements are the matter.
  @Test func inAnArchive() throws {
    let path = folder.file("a.npz")
    let writer = ZipWriter(to: try OpenFile(path, .create), style: .plain)
    try writer.add("a.npy", NpyHeader.bytes(descriptor: "<f4", shape: [2]) + [UInt8](repeating: 0, count: 7))
    try writer.finish()
    let error = checkpointError { _ = try NpzReader(recognizing: path) }
    #expect(error?.code == .truncated && error?.message.contains("'a.npy', [2] of float32, has 7 bytes") == true)
  }

  @Test func twoArraysOfOneName() throws {
    let path = folder.file("a.npz")
    let writer = ZipWriter(to: try OpenFile(path, .create), style: .plain)
    for name in ["a.npy", "b.npy"] { try writer.add(name, NpyHeader.bytes(descriptor: "|i1", shape: [0])) }
    try writer.add("zoo.json", #"{"format":"zoo-snapshot","version":1,"names":{"b":"a"}}"#.utf8)
    try writer.finish()
    let error = checkpointError { _ = try NpzReader(recognizing: path) }
    #expect(error?.code == .corrupt && error?.message.contains("two arrays of the archive are called 'a'") == true)
  }

  @Test func otherArchives() throws {
    #expect(try NpzReader(recognizing: try ZipFiles.golden("torch")) == nil)
    let stranger = checkpointError { _ = try CheckpointFile(opening: try ZipFiles.golden("stored")) }
    #expect(
      stranger?.code == .unrecognised && stranger?.message.contains("this is a zip archive, such as PyTorch") == true)
    #expect(try NpzReader(recognizing: try ZipFiles.golden("numpy"))?.contents.tensors.map(\.name) == ["x", "y"])
  }

  /// Bytes changed at random: an error or an archive that reads, and never a crash.
  @Test func randomDamage() throws {
    let path = folder.file("a.npz")
    try NpzWriter().write(LazySamples.random(4, types: [.float32, .uint8, .bfloat16]), to: path)
    let sound = try TemporaryFolder.bytes(path)
    var random = RandomSource(seed: 3, purpose: .synthetic)
    for round in 0..<300 {
      var bytes = sound
      for _ in 0...random.integer(below: 3) {
        bytes[random.integer(below: bytes.count)] = UInt8(truncatingIfNeeded: random.nextWord())
      }
      try TemporaryFolder.write(bytes, to: path)
      do {
        _ = try NpzReader(recognizing: path)?.snapshot().loaded()
      } catch {
        #expect(error is CheckpointError, "round \(round): \(error)")
      }
    }
  }
}
