import Layers
import Tensors

extension GraphEmitter {
  /// A pool as ONNX has it, whose window may round up in its own way.
  mutating func maxPool(_ node: Graph.Node, _ pool: PoolAttributes) -> String {
    let rounding = PoolRounding(pool, from: inputShape(node), to: shapes[node.output.index])
    var attributes = rounding.attributes(pool)
    if pool.dilation != 1 { attributes.append(.ints("dilations", pool.dilation)) }
    return add("MaxPool", [input(node)], attributes, at: node.name)
  }

  /// In PyTorch, what a window that was rounded up covers beyond the padding never counts, whether padding does or not.
  /// ONNX is said to count it with the padding, and programs differ. So such a pool gets its padding as zeros before, and
  /// counts nothing beyond them.
  mutating func averagePool(_ node: Graph.Node, _ pool: PoolAttributes, countIncludePad: Bool) -> String {
    let result = shapes[node.output.index]
    let rounding = PoolRounding(pool, from: inputShape(node), to: result)
    guard countIncludePad, pool.padding != 0 else {
      return add("AveragePool", [input(node)], rounding.attributes(pool), at: node.name)
    }
    guard rounding != .down else {
      return add(
        "AveragePool", [input(node)], rounding.attributes(pool) + [.int("count_include_pad", 1)], at: node.name)
    }
    let (height, width) = (pool.padding.height, pool.padding.width)
    let pads = integers([0, 0, height, width, 0, 0, height, width], "\(node.name).pads")
    let padded = add("Pad", [input(node), pads], at: node.name)
    let bare = PoolAttributes(kernel: pool.kernel, stride: pool.stride, ceilMode: pool.ceilMode)
    let image = inputShape(node)
    let around: Shape = [image[0], image[1] + 2 * height, image[2] + 2 * width]
    return add(
      "AveragePool", [padded], PoolRounding(bare, from: around, to: result).attributes(bare), at: node.name)
  }

  /// Bins of equal extents and distances are a pool. Others are a product with a matrix of means along each axis: the mean
  /// of a rectangle is the mean of its rows' means.
  mutating func adaptivePool(_ node: Graph.Node, _ output: Pair) -> String {
    let image = inputShape(node)
    if output == 1 { return add("GlobalAveragePool", [input(node)], at: node.name) }
    let rows = PoolBins(extent: image[1], bins: output.height)
    let columns = PoolBins(extent: image[2], bins: output.width)
    if rows.isIdentity && columns.isIdentity { return input(node) }
    if let row = rows.window, let column = columns.window {
      return add(
        "AveragePool", [input(node)],
        [
          .ints("kernel_shape", [row.extent, column.extent]), .ints("strides", [row.distance, column.distance]),
        ], at: node.name)
    }
    var value = input(node)
    if !columns.isIdentity {
      let means = constant(columns.means.transposed, called: "\(node.name).columns")
      value = add("MatMul", [value, means], at: node.name)
    }
    if !rows.isIdentity {
      let means = constant(rows.means.tensor, called: "\(node.name).rows")
      value = add("MatMul", [means, value], at: node.name)
    }
    return value
  }
}

/// How the number of a pool's windows along each axis comes about in ONNX.
enum PoolRounding: Equatable {
  /// The division rounds down.
  case down
  /// The division rounds up.
  case up
  /// It rounds down after padding at the ends of the axes, other than at their beginnings.
  case padding(bottom: Int, right: Int)

  /// Finds out. PyTorch leaves a last window out that would start beyond the input and its padding.
  /// - Parameters:
  ///   - input: [C, H, W].
  ///   - output: What the pool gives there.
  init(_ pool: PoolAttributes, from input: Shape, to output: Shape) {
    let rows = Axis(
      kernel: pool.kernel.height, stride: pool.stride.height, padding: pool.padding.height,
      dilation: pool.dilation.height, extent: input[1], count: output[1])
    let columns = Axis(
      kernel: pool.kernel.width, stride: pool.stride.width, padding: pool.padding.width,
      dilation: pool.dilation.width, extent: input[2], count: output[2])
    if rows.fitsDown && columns.fitsDown {
      self = .down
    } else if rows.fitsUp && columns.fitsUp {
      self = .up
    } else {
      self = .padding(bottom: rows.end, right: columns.end)
    }
  }

  private struct Axis {
    let kernel, stride, padding, dilation, extent, count: Int

    private var span: Int { dilation * (kernel - 1) + 1 }
    private var room: Int { extent + 2 * padding - span }
    var fitsDown: Bool { room >= 0 && room / stride + 1 == count }
    var fitsUp: Bool { room >= 0 && (room + stride - 1) / stride + 1 == count }
    /// The padding at the end with which rounding down gives the count.
    var end: Int { max((count - 1) * stride + span - extent - padding, 0) }
  }

  /// The attributes of a pool's node.
  func attributes(_ pool: PoolAttributes) -> [ONNXAttribute] {
    let (height, width) = (pool.padding.height, pool.padding.width)
    var attributes: [ONNXAttribute] = [.ints("kernel_shape", pool.kernel), .ints("strides", pool.stride)]
    switch self {
    case .down: attributes.append(.ints("pads", [height, width, height, width]))
    case .up: attributes += [.ints("pads", [height, width, height, width]), .int("ceil_mode", 1)]
    case .padding(let bottom, let right): attributes.append(.ints("pads", [height, width, bottom, right]))
    }
    return attributes
  }
}

/// The bins of an adaptive pool along an axis: bin i covers [⌊i·extent/bins⌋, ⌈(i+1)·extent/bins⌉).
struct PoolBins {
  let extent: Int
  let bins: Int

  func range(_ bin: Int) -> Range<Int> { bin * extent / bins..<((bin + 1) * extent + bins - 1) / bins }

  /// Whether each bin is the element of its number.
  var isIdentity: Bool { extent == bins }

  /// The extent and the distance of all bins, when both are the same for all.
  var window: (extent: Int, distance: Int)? {
    let first = range(0)
    let distance = bins > 1 ? range(1).lowerBound : 1
    guard distance > 0 else { return nil }
    let isEven = (0..<bins).allSatisfy { bin in
      range(bin).count == first.count && range(bin).lowerBound == bin * distance
    }
    return isEven ? (first.count, distance) : nil
  }

  /// The matrix [bins, extent] whose product with a vector is the means.
  var means: Matrix {
    var numbers = [Float](repeating: 0, count: bins * extent)
    for bin in 0..<bins {
      let range = range(bin)
      for index in range { numbers[bin * extent + index] = 1 / Float(range.count) }
    }
    return Matrix(rows: bins, columns: extent, numbers: numbers)
  }

  struct Matrix {
    let rows, columns: Int
    let numbers: [Float]

    var tensor: Tensor { Tensor(numbers, shape: [rows, columns]) }

    /// [columns, rows]
    var transposed: Tensor {
      Tensor(
        (0..<columns).flatMap { column in (0..<rows).map { numbers[$0 * columns + column] } }, shape: [columns, rows])
    }
  }
}
