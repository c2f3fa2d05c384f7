import CKernels
import COneDNN
import Layers
import Tensors

extension Compiler {
  /// The largest element of each window.
  func emitMaxPool(_ group: FusedGraph.Group, _ attributes: PoolAttributes) throws(EngineError) {
    try emitPool(group, attributes, ZDNN_POOL_MAX)
  }

  /// The mean of each window.
  func emitAveragePool(
    _ group: FusedGraph.Group, _ attributes: PoolAttributes, countIncludePad: Bool
  ) throws(EngineError) {
    // PyTorch counts padding but not what a rounded-up last window reaches beyond it, which oneDNN cannot express.
    let (before, after) = padding(of: group, attributes)
    if countIncludePad, before.height < after.height || before.width < after.width {
      let (input, output) = (shapes[group.inputs[0]], shapes[group.output])
      return try emitWindowAverage(
        group,
        rows: WindowAxis(
          input: input[1], output: output[1], kernel: attributes.kernel.height, stride: attributes.stride.height,
          padding: attributes.padding.height),
        columns: WindowAxis(
          input: input[2], output: output[2], kernel: attributes.kernel.width, stride: attributes.stride.width,
          padding: attributes.padding.width))
    }
    try emitPool(group, attributes, countIncludePad ? ZDNN_POOL_AVERAGE_WITH_PADDING : ZDNN_POOL_AVERAGE)
  }

  /// The mean of bins that cover the image whatever its size.
  func emitAdaptivePool(_ group: FusedGraph.Group, _ output: Pair) throws(EngineError) {
    let input = shapes[group.inputs[0]]
    let (height, width) = (input[1], input[2])
    if height == output.height, width == output.width {
      emitIdentity(group)
    } else if height % output.height == 0, width % output.width == 0 {
      let kernel = Pair(height / output.height, width / output.width)
      try emitPool(group, PoolAttributes(kernel: kernel), ZDNN_POOL_AVERAGE)
    } else {
      try emitWindowAverage(
        group, rows: WindowAxis(input: height, adaptiveOutput: output.height),
        columns: WindowAxis(input: width, adaptiveOutput: output.width))
    }
  }

  /// The padding of each side that gives the output's size exactly: rounding up adds to the padding after.
  private func padding(of group: FusedGraph.Group, _ attributes: PoolAttributes) -> (before: Pair, after: Pair) {
    let (input, output) = (shapes[group.inputs[0]], shapes[group.output])
    func after(_ input: Int, _ output: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int) -> Int {
      max(padding, (output - 1) * stride + dilation * (kernel - 1) + 1 - input - padding)
    }
    return (
      attributes.padding,
      Pair(
        after(
          input[1], output[1], attributes.kernel.height, attributes.stride.height, attributes.padding.height,
          attributes.dilation.height),
        after(
          input[2], output[2], attributes.kernel.width, attributes.stride.width, attributes.padding.width,
          attributes.dilation.width))
    )
  }

  private func emitPool(
    _ group: FusedGraph.Group, _ attributes: PoolAttributes, _ pooling: zdnn_pooling
  ) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let source = operand(input)
    let (before, after) = padding(of: group, attributes)
    var window = zdnn_window(
      kernel: attributes.kernel, stride: attributes.stride, dilation: attributes.dilation, before: before, after: after)
    let destination = try Descriptor(extents(of: group.output), ZDNN_ANY)
    let forward = try Primitive(
      zdnn_pooling_forward(
        backend.handle, pooling, training, source.descriptor.handle, destination.handle, &window), module: module)
    let result = allocate(try forward.descriptor(Argument.destination))
    let workspace = Descriptor(of: forward, Argument.workspace).map { allocate($0) }
    let kept = workspace.map { [(Argument.workspace, $0)] } ?? []
    emit(module, "forward", forward, [(Argument.source, source), (Argument.destination, result)] + kept)
    define(group.output, result)

    record { () throws(EngineError) in
      guard var gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      if pooling == ZDNN_POOL_MAX { gradient = try self.unfuseReLU(gradient, beforePooling: group) }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      let primitive = try Primitive(
        zdnn_pooling_backward(
          self.backend.handle, pooling, source.descriptor.handle, given.descriptor.handle, &window, forward.handle),
        module: module)
      let sourceGradient = self.allocate(try primitive.descriptor(Argument.diffSource))
      self.emit(
        module, "backward data", primitive,
        [(Argument.diffDestination, given), (Argument.diffSource, sourceGradient)] + kept)
      try self.contribute(input, sourceGradient, isExclusive: true, module: module)
    }
  }

  /// Averages by our own kernel on the plain layout.
  private func emitWindowAverage(
    _ group: FusedGraph.Group, rows: WindowAxis, columns: WindowAxis
  ) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let planes = batch * shapes[input][0]
    let threads = Int32(backend.threads)
    let plain = try Descriptor(extents(of: input), ZDNN_PLAIN)
    let source = try reorder(input, to: plain, module: module)
    let result = allocate(try Descriptor(extents(of: group.output), ZDNN_PLAIN))
    emit(module, "forward", kernel: "zoo:window_average", [source, result]) { places, _ in
      rows.withAxis { rows in
        columns.withAxis { columns in
          zk_window_average(places[0].floats, places[1].floats, planes, rows, columns, threads)
        }
      }
    }
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      let sourceGradient = self.allocate(plain)
      self.emit(module, "backward data", kernel: "zoo:window_average", [given, sourceGradient]) { places, _ in
        rows.withAxis { rows in
          columns.withAxis { columns in
            zk_window_average_backward(places[0].floats, places[1].floats, planes, rows, columns, threads)
          }
        }
      }
      try self.contribute(input, sourceGradient, isExclusive: true, module: module)
    }
  }
}

/// The windows of an average along one axis.
struct WindowAxis {
  let input: Int
  let begin, end, span: [Int]

  /// PyTorch's average pooling that counts padding: a window is cut at the end of the padding, and then at the image.
  init(input: Int, output: Int, kernel: Int, stride: Int, padding: Int) {
    self.input = input
    let starts = (0..<output).map { $0 * stride - padding }
    let stops = starts.map { min($0 + kernel, input + padding) }
    span = zip(starts, stops).map { $1 - $0 }
    begin = starts.map { max($0, 0) }
    end = stops.map { min($0, input) }
  }

  /// PyTorch's adaptive average: bin i is [⌊i·in/out⌋, ⌈(i+1)·in/out⌉).
  init(input: Int, adaptiveOutput output: Int) {
    self.input = input
    begin = (0..<output).map { $0 * input / output }
    end = (0..<output).map { (($0 + 1) * input + output - 1) / output }
    span = zip(begin, end).map { $1 - $0 }
  }

  /// The axis as the kernels take it.
  func withAxis(_ body: (UnsafePointer<zk_axis>) -> Void) {
    begin.withUnsafeBufferPointer { begin in
      end.withUnsafeBufferPointer { end in
        span.withUnsafeBufferPointer { span in
          guard let first = begin.baseAddress, let last = end.baseAddress, let count = span.baseAddress else { return }
          var axis = zk_axis(input: input, output: begin.count, begin: first, end: last, span: count)
          body(&axis)
        }
      }
    }
  }
}
