import Checkpoint
import Tensors
import Testing

/// What `zoo inspect` says, and what is compared with an architecture.
@Suite struct ContentsTests {
  @Test func contents() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    var snapshot = Samples.training()
    snapshot.net["abc"] = Tensor(Array("abc".utf8), shape: [3])
    try snapshot.write(to: path)
    let file = try CheckpointFile(opening: path)
    let json = try file.contents.json { try file.sha256(of: $0) }
    #expect(json.keys == ["format", "tensors", "values"])
    #expect(json["format"] == "zoo-checkpoint" && file.contents.producer == "zoo" && file.contents.format == .native)
    let tensors = try #require(json["tensors"]?.array)
    #expect(tensors.prefix(6).compactMap { $0["name"]?.string } == snapshot.net.names)
    // The test vector of FIPS 180-4 for "abc".
    #expect(
      tensors[5] == [
        "path": ["net", "abc"], "name": "abc", "dtype": "uint8", "shape": [3], "nbytes": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      ])
    #expect(
      tensors.last?["path"] == ["optimizer", "state", "classifier.weight", "momentum_buffer"]
        && tensors.last?["name"] == "optimizer.state.classifier.weight.momentum_buffer")
    #expect(file.contents.json().text().contains("sha256") == false)
    #expect(file.contents.tensors.map(\.index) == Array(file.contents.tensors.indices))
    let values = try #require(json["values"])
    #expect(values["architecture"] == "alexnet_half_bn" && values["arguments"]?["num_classes"] == 10)
    #expect(values["optimizer"]?["groups"]?.array?.count == 2)
    #expect(values["optimizer"]?["groups"]?.array?[1] == ["lr": 0.1, "parameters": ["classifier.weight"]])
    #expect(values["schedule"] == snapshot.schedule && values["metrics"] == snapshot.metrics)
    #expect(values["digest"] == nil && values["metadata_digest"] == nil && values["format"] == nil)
  }

  /// The digest of nothing and of "abc" in the form of the xxHash specification (XXH3_128bits, seed 0).
  @Test func digestsAreThoseOfXXHash() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try Snapshot(net: ["empty": Tensor(zeros: [0]), "abc": Tensor(Array("abc".utf8), shape: [3])]).write(to: path)
    #expect(
      try CheckpointFile(opening: path).contents.tensors.map(\.digest)
        == ["xxh3-128:99aa06d3014798d86001c324468d497f", "xxh3-128:06b05ab6733a618578af5f94892f3950"])
  }

  @Test func mismatchesAreListedAtOnce() throws {
    let snapshot = Samples.training()
    var expected = snapshot.net.shapes
    #expect(snapshot.mismatches(expected: expected).isEmpty)
    #expect(throws: Never.self) { try snapshot.check(expected: expected, architecture: "alexnet") }
    expected["classifier.weight"] = [1000, 2000]
    expected["features.0.bias"] = nil
    expected["new.b"] = [1]
    expected["new.a"] = [1]
    let mismatches = snapshot.mismatches(expected: expected)
    #expect(mismatches.missing == ["new.a", "new.b"] && mismatches.unexpected == ["features.0.bias"])
    #expect(mismatches.reshaped == [.init(name: "classifier.weight", expected: [1000, 2000], found: [10, 2000])])
    let error = checkpointError { try snapshot.check(expected: expected, architecture: "alexnet", path: "a.h5") }
    #expect(
      error?.description == """
        a.h5: the tensors are not those of 'alexnet' (the file says it is 'alexnet_half_bn')
        missing (2): new.a, new.b
        unexpected (1): features.0.bias
        of another shape (1): classifier.weight is [10, 2000], expected [1000, 2000]
        """)
  }

  @Test(arguments: [
    ("plain.name \u{E9}", "plain.name \u{E9}"), ("\u{1B}[31mred", "\\u{1B}[31mred"), ("a\nb\tc", "a\\u{A}b\\u{9}c"),
    ("\u{202E}gnp.exe", "\\u{202E}gnp.exe"), ("\u{7F}\u{9B}", "\\u{7F}\\u{9B}"), ("", ""),
  ])
  func terminalEscaping(_ text: String, _ escaped: String) {
    #expect(text.terminalEscaped == escaped)
  }

  @Test(arguments: [
    (0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_960, "1.0 MB"), (489_613_000, "489.6 MB"),
  ])
  func byteCounts(_ count: Int, _ text: String) {
    #expect(ByteCount.text(count) == text)
  }
}
