public import Tensors

extension Graph {
  /// The shape of every value for images of a size, without the batch axis: element 0 is the input, element i + 1 the
  /// result of node i.
  ///
  /// - Parameters:
  ///   - input: [C, H, W].
  ///   - training: Whether what only training needs must fit too; otherwise its values have the shape [].
  /// - Throws: ``LayersError`` that names the first module that cannot take its input:
  ///   `features.3: kernel 3 does not fit [1, 64, 2, 2]`, with the smallest image that the network takes.
  public func shapes(input: Shape, training: Bool = false) throws(LayersError) -> [Shape] {
    do {
      return try inferredShapes(input: input, training: training)
    } catch {
      guard !error.module.isEmpty, error.code != .argument, let size = minimumInputSize(training: training) else {
        throw error
      }
      // A layer that takes any image whose width is its number of features is no help.
      let result = try inferredShapes(input: [inputChannels, size, size], training: training)[output.index]
      guard error.code == .inputSize || result.rank == 1 else { throw error }
      throw LayersError(
        error.code, module: error.module,
        "\(error.message); the smallest square image that this network \(training ? "trains on" : "takes") is \(size)x\(size)"
      )
    }
  }

  /// The height and width of the smallest square image that the network takes, or `nil` when there is none up to
  /// 1024 pixels.
  public var minimumInputSize: Int? { minimumInputSize(training: false) }

  private func minimumInputSize(training: Bool) -> Int? {
    (1...1024).first { size in
      (try? inferredShapes(input: [inputChannels, size, size], training: training)) != nil
    }
  }

  private func inferredShapes(input: Shape, training: Bool) throws(LayersError) -> [Shape] {
    guard input.rank == 3, input.dimensions.allSatisfy({ (1...largestExtent).contains($0) }) else {
      throw LayersError(.shape, module: "", "images are [C, H, W] with no empty axis, but the input is \(input)")
    }
    guard input[0] == inputChannels else {
      throw LayersError(
        .shape, module: "", "the network takes images of \(inputChannels) channels, but the input is \(input)")
    }
    if let imageSize, imageSize != Pair(input[1], input[2]) {
      throw LayersError(
        .inputSize, module: "",
        "the network takes images of \(imageSize.height)x\(imageSize.width) pixels alone, but the input is \(input)")
    }
    var shapes = [input]
    shapes.reserveCapacity(nodes.count + 1)
    // Without auxiliary results inference needs every node that is there.
    let needed = training || auxiliaries.isEmpty ? nil : inferenceNodes
    for (index, node) in nodes.enumerated() {
      if let needed, !needed.contains(index) {
        shapes.append([])
        continue
      }
      do {
        shapes.append(try node.operation.resultShape(of: node.inputs.map { shapes[$0.index] }))
      } catch {
        throw LayersError(error.code, module: node.name, error.message)
      }
    }
    return shapes
  }
}
