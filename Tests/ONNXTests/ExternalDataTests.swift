import Checkpoint
import Fixtures
import Foundation
import Layers
import OrderedCollections
import SwiftProtobuf
import Tensors
import Testing

@testable import ONNX

/// Models too large for one message, with a lower limit than that of Protocol Buffers.
@Suite struct ExternalDataTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("net.onnx") }

  init() throws { folder = try TemporaryFolder() }

  private func write(limit: Int, changed: Float? = nil) throws -> [String] {
    var weights = ExportTests.weights(ExportTests.graph)
    if let changed { weights["fc.bias"] = TensorSource(Tensor([changed, 0, 0, 0, 0] as [Float], shape: [5])) }
    var options = ExportOptions()
    options.largestMessage = limit
    return try Export(ExportTests.graph, name: "tiny", input: [3, 16, 16], weights: weights, options: options)
      .write(to: path)
  }

  private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }

  @Test func largeTensorsGoBesideTheModel() throws {
    let files = try write(limit: 1000)
    #expect(files.count == 2)
    #expect(try names() == files.sorted())
    let model = try ONNXModel(serializedBytes: PublishedFile.read(path, atMost: 1 << 20))
    let weights = ExportTests.weights(ExportTests.graph)
    for tensor in model.graph.initializer {
      let source = try #require(weights[tensor.name])
      #expect((tensor.dataLocation == .external) == (source.byteCount >= 1024), "\(tensor.name)")
      let places = Dictionary(uniqueKeysWithValues: tensor.externalData.map { ($0.key, $0.value) })
      guard tensor.dataLocation == .external else { continue }
      #expect(places["location"] == files[1] && places["length"] == "\(source.byteCount)")
      #expect(try #require(Int(places["offset"] ?? "")).isMultiple(of: 4096))
      #expect(tensor.rawData.isEmpty)
    }
    // The reader of checkpoints finds every byte.
    let snapshot = try CheckpointFile(opening: path).snapshot()
    for (name, source) in snapshot.net {
      #expect(try source.tensor().isIdentical(to: try #require(weights[name]).tensor()), "\(name)")
    }
  }

  @Test func theLimitItselfFits() throws {
    #expect(try write(limit: 1 << 20).count == 1)
    let size = try PublishedFile.read(path, atMost: 1 << 20).count
    #expect(try write(limit: size).count == 1)
    #expect(try write(limit: size - 1).count == 2)
  }

  @Test func filesOfOldModelsGo() throws {
    try folder.write("mine", to: "net-0000000g.onnx.data")
    let old = try write(limit: 1000)
    let new = try write(limit: 1000, changed: 3)
    #expect(old[1] != new[1])
    #expect(try names() == (new + ["net-0000000g.onnx.data"]).sorted())
    #expect(try write(limit: 1 << 20) == ["net.onnx"])
    #expect(try names() == ["net-0000000g.onnx.data", "net.onnx"])
  }

  @Test func theSameModelIsTheSameFiles() throws {
    #expect(try write(limit: 1000) == write(limit: 1000))
    #expect(try names().count == 2)
  }

  /// When the model cannot be written, the file for its weights goes too, and what was there stays.
  @Test func failuresLeaveNothing() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(throws: CheckpointError.self) { try write(limit: 1000) }
    #expect(try names() == ["net.onnx"])
  }
}
