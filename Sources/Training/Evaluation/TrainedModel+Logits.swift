public import Checkpoint
import Engine
import Layers
public import Tensors

extension TrainedModel {
  /// The logits [N, classes] of images that are prepared already: the way to compare with another framework.
  /// - Parameters:
  ///   - images: [N, C, H, W], float32, any H and W that the architecture takes.
  ///   - batchSize: Images of a forward pass; it changes speed and memory only.
  /// - Throws: ``TrainingError`` for a tensor of another type or rank, `EngineError` for one that the net does not take.
  public func logits(of images: Tensor, batchSize: Int = 32) throws -> Tensor {
    let extents = images.shape.dimensions
    guard images.dtype == .float32, extents.count == 4, extents.allSatisfy({ $0 > 0 }) else {
      throw TrainingError(
        .mismatch, "the input is \(images.dtype.rawValue) \(images.shape); expected float32 [N, C, H, W]")
    }
    let imageByteCount = images.byteCount / extents[0]
    var rows: [Float] = []
    for start in stride(from: 0, to: extents[0], by: batchSize) {
      let count = min(batchSize, extents[0] - start)
      let batch = Tensor(Shape([count] + extents.dropFirst()), dtype: .float32) { bytes in
        images.withUnsafeBytes { source in
          bytes.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[start * imageByteCount..<(start + count) * imageByteCount]))
        }
      }
      let program = try network.inferenceProgram(batchSize: count, inputSize: Pair(extents[2], extents[3]))
      rows += try program.logits(images: batch).elements(as: Float.self)
    }
    return Tensor(rows, shape: [extents[0], rows.count / extents[0]])
  }

  /// The one tensor of images in a file of any format.
  /// - Parameter name: Which, when there are several.
  /// - Throws: ``TrainingError`` with the names that there are.
  public static func input(in file: CheckpointFile, named name: String? = nil) throws -> Tensor {
    let tensors = file.contents.tensors
    let found = tensors.filter { name == nil || $0.name == name }
    guard found.count == 1, let stored = found.first else {
      let names = tensors.prefix(10).map { "'\($0.name.terminalEscaped)' \($0.shape)" }.joined(separator: ", ")
      throw TrainingError(
        .mismatch, at: file.path.terminalEscaped,
        (name.map { "has \(found.count) tensors called '\($0.terminalEscaped)'" } ?? "has \(tensors.count) tensors")
          + ", expected one: choose with '--input NAME'; there are: \(names)")
    }
    return try file.read(stored)
  }
}
