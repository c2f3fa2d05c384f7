import Foundation
import OrderedCollections
import Testing

@testable import Checkpoint

/// The files that `Goldens/torch/make_goldens.py` had PyTorch write.
enum TorchGoldens {
  /// What PyTorch finds in one of them.
  struct Expected: Sendable, CustomTestStringConvertible {
    let file: String
    let tensors: [Tensor]
    var testDescription: String { file }

    struct Tensor: Sendable, Hashable {
      let path: [String]
      let dtype: String
      let shape: [Int]
      let sha256: String
    }
  }

  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: name, ofType: "pth", inDirectory: "Goldens/torch"))
  }

  static func open(_ name: String) throws -> CheckpointFile { try CheckpointFile(opening: try path(name)) }

  /// All files with what is in them.
  static let expected: [Expected] = {
    guard let path = Bundle.module.path(forResource: "expected", ofType: "json", inDirectory: "Goldens/torch"),
      let text = try? String(contentsOfFile: path, encoding: .utf8), let json = try? JSONValue(parsing: text)
    else { return [] }
    return (json.object ?? [:]).map { file, tensors in
      Expected(
        file: file,
        tensors: (tensors.array ?? []).map { tensor in
          Expected.Tensor(
            path: tensor["path"]?.array?.compactMap(\.string) ?? [], dtype: tensor["dtype"]?.string ?? "",
            shape: tensor["shape"]?.array?.compactMap(\.integer) ?? [], sha256: tensor["sha256"]?.string ?? "")
        })
    }
  }()
}
