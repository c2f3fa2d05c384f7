import OrderedCollections
import Tensors
import Testing

@testable import Checkpoint

/// Files that PyTorch wrote, in all its formats: what zoo finds is what PyTorch finds.
@Suite struct PyTorchReadingTests {
  /// Files whose tensors PyTorch names as a state dict, and zoo where they stand in the objects.
  static let modules = ["module", "module_legacy", "module_parallel"]

  @Test func thereAreGoldens() { #expect(TorchGoldens.expected.count >= 39) }

  /// Every tensor: its place, type, shape and bytes, read with checksums, without, and mapped.
  @Test(arguments: TorchGoldens.expected)
  func tensors(_ expected: TorchGoldens.Expected) throws {
    let file = try TorchGoldens.open(expected.file)
    let isModule = Self.modules.contains(expected.file)
    for access in 0..<3 {
      let found = try file.contents.tensors.map { stored in
        let tensor =
          switch access {
          case 0: try file.read(stored)
          case 1: try file.read(stored, verifying: false)
          default: try file.view(stored)
          }
        return TorchGoldens.Expected.Tensor(
          path: isModule ? [stored.name] : stored.path, dtype: tensor.dtype.rawValue, shape: tensor.shape.dimensions,
          sha256: tensor.withUnsafeBytes { SHA256.hexadecimal($0) })
      }
      if isModule {
        #expect(Set(found).isSuperset(of: expected.tensors))
      } else {
        #expect(found == expected.tensors)
      }
    }
  }

  @Test(arguments: ["legacy", "tar", "dtypes", "layouts"])
  func formats(_ name: String) throws {
    let contents = try TorchGoldens.open(name).contents
    #expect(
      contents.format == (name == "legacy" ? .pytorchLegacy : name == "tar" ? .pytorchTar : .pytorch))
    #expect(contents.producer?.hasPrefix("PyTorch") == true && contents.warnings == [])
  }

  /// The example of the first line of the issue: anything that is no tensor is shown as it is.
  @Test func nestedObjects() throws {
    let contents = try TorchGoldens.open("nested").contents
    #expect(contents.tensors == [])
    #expect(contents.values == [1, ["a": 1, "b": 2], "dsdsds"])
  }

  /// A program of TorchScript: its tensors are read, and the program is not.
  @Test func script() throws {
    let file = try TorchGoldens.open("script")
    let net = try file.snapshot().net
    #expect(Set(net.keys) == ["body.0.weight", "body.0.bias", "count"])
    #expect(try net["body.0.weight"]?.tensor().elements(as: Float.self) == [1, 2])
    #expect(try net["body.0.bias"]?.tensor().elements(as: Float.self) == [3])
    #expect(try net["count"]?.tensor().elements(as: Int64.self) == [7])
    #expect(file.contents.warnings.contains { $0.contains("program of TorchScript") })
  }

  /// What becomes of a quantised tensor is said.
  @Test func quantised() throws {
    let file = try TorchGoldens.open("quantised")
    #expect(file.contents.tensors.map(\.name) == ["w"])
    #expect(
      file.contents.warnings.contains { $0.hasPrefix("'q.") && $0.contains("QInt8Storage") },
      "\(file.contents.warnings)")
  }

  /// A sparse tensor is kept as its parts, and that is said.
  @Test func sparse() throws {
    let file = try TorchGoldens.open("sparse")
    #expect(file.contents.tensors.map(\.name) == ["a.1.0", "a.1.1", "b.1.0", "b.1.1", "b.1.2", "w"])
    for name in ["a", "b"] {
      #expect(file.contents.warnings.contains { $0.hasPrefix("'\(name)'") && $0.contains(".to_dense()") })
    }
  }

  @Test func values() throws {
    let file = try TorchGoldens.open("values")
    let values = file.contents.values
    func record(_ name: String, _ arguments: [Value] = [], state: Value = .null) -> Value {
      .record(Value.Record(name, arguments: arguments, state: state))
    }
    let expected: [String: Value] = [
      "namespace": record(
        "argparse.Namespace", state: ["lr": 0.1, "name": "x", "nested": ["a": [1, 2]]]),
      "float32": 0.5, "int64": -3, "half": 1.5, "flag": true,
      "size": .tuple([1, 2]), "device": record("torch.device", ["cpu"]), "dtype": record("torch.float16"),
      "set": .set([3]), "frozenset": .set([4]), "bytes": .bytes([0, 255]), "bytearray": .bytes(Array("ab".utf8)),
      "complex": .complex(1, 2), "counter": .dictionary([.init(30, 1), .init(60, 1)]), "defaultdict": ["a": 1],
      "big": .bigInteger("1208925819614629174706176"), "negative": .bigInteger("-1180591620717411303424"),
      "path": record("pathlib.PurePosixPath", ["a", "b"]), "none": nil, "true": true, "float": 0.1,
      "infinity": .number(.infinity), "text": "\u{E9}\u{1F600}", "tuple": .tuple([1, 2, .tuple([3])]),
      "deque": [1, 2], "ordered": ["z": 1, "a": 2], "slice": record("builtins.slice", [1, 2, nil]),
      "object": record("types.SimpleNamespace", state: ["a": 1]), "minus": -5, "large": .integer(1 << 40),
    ]
    for (key, value) in expected { #expect(values[key] == value, "\(key)") }
    #expect(values["numpy"]?.tensor == 0 && values["fortran"]?.tensor == 1 && values["big_endian"]?.tensor == 2)
    // numpy's texts are no tensor, and dates no values: they are shown, and nothing is lost.
    guard case .record(let strings) = values["strings"], case .record(let date) = values["date"] else {
      Issue.record("texts and dates are records")
      return
    }
    #expect(strings.className.hasSuffix("multiarray._reconstruct") && date.className == "datetime.date")
    #expect(file.contents.warnings == [])
  }

  @Test(arguments: ["protocol0", "protocol4", "protocol5"])
  func protocols(_ name: String) throws {
    let values = try TorchGoldens.open(name).contents.values
    switch name {
    case "protocol0":
      #expect(values["text"] == "line\nbreak \\ \u{E9}")
      #expect(values["n"] == [nil, true, false, 12, 0.5, .bigInteger("1180591620717411303424")])
    case "protocol4":
      #expect(values["values"]?["b"] == .bytes([UInt8](repeating: 0x78, count: 300)))
      #expect(values["values"]?["f"] == .set([1]))
    default: #expect(values["bytearray"] == .bytes(Array("abc".utf8)))
    }
  }

  /// Views that are in the file as they are come without copying; all others are brought into order.
  @Test func zeroCopy() throws {
    let contents = try TorchGoldens.open("layouts").contents
    let mapped = contents.tensors.filter { $0.offset != nil }.map(\.name)
    #expect(mapped == ["plain", "scalar", "shared_a", "shared_b", "shared_all", "one"])
    #expect(try TorchGoldens.open("deflated").contents.tensors.allSatisfy { $0.offset == nil })
  }

  @Test func oddArchives() throws {
    #expect(try TorchGoldens.open("no_checksums").contents.warnings.map { $0.contains("without checksums") } == [true])
    #expect(try TorchGoldens.open("old").contents.warnings == [])
  }

  /// The state dict of a model without its class: PyTorch's names and order, and no buffer that is not to be saved.
  @Test(arguments: modules)
  func wholeModels(_ name: String) throws {
    let file = try TorchGoldens.open(name)
    let names = try #require(TorchGoldens.expected.first { $0.file == name }).tensors.map { $0.path[0] }
    let snapshot = try file.snapshot()
    #expect(Array(snapshot.net.keys) == names)
    #expect(!names.contains("scratch") && names.contains("table"))
    #expect(file.contents.warnings.contains { $0.contains("secret.Net") })
    if name == "module_parallel" { #expect(snapshot.metadata.position == TrainingPosition(epoch: 2, step: 0)) }
  }

  @Test func wrappersInNames() throws {
    let file = try TorchGoldens.open("wrapped")
    #expect(Array(try file.snapshot().net.keys) == ["encoder.weight", "head.bias"])
    #expect(file.contents.warnings.count == 1 && file.contents.warnings[0].contains("'_orig_mod.', 'module.'"))
    #expect(file.contents.tensors[0].path == ["_orig_mod.module.encoder.module.weight"])
    #expect(file.contents.tensors[0].name == "encoder.weight")
  }
}
