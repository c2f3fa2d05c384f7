#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import Tensors

/// The relative positions of tokens in groups of some rows and columns, as torchvision's state dicts hold them.
struct RelativePosition {
  let extents: Pair

  /// The rows and columns of all differences of two positions: 2·height − 1 and 2·width − 1.
  var rows: Int { 2 * extents.height - 1 }
  var columns: Int { 2 * extents.width - 1 }

  /// A learned number for each relative position and head, [rows·columns, heads].
  func table(at path: ModulePath, heads: Int, initializer: Initializer) -> Parameter {
    Parameter(
      name: path.child("relative_position_bias_table").description, shape: [rows * columns, heads],
      initializer: initializer)
  }

  /// The row of the table for each pair of tokens, the first token's index outermost.
  /// - Parameter isFlat: Whether the pairs are one axis, not two.
  func index(at path: ModulePath, isFlat: Bool) -> Parameter {
    let (height, width) = (extents.height, extents.width)
    let count = height * width
    var values: [Double] = []
    values.reserveCapacity(count * count)
    for first in 0..<count {
      for second in 0..<count {
        let row = first / width - second / width + height - 1
        let column = first % width - second % width + width - 1
        values.append(Double(row * columns + column))
      }
    }
    return Parameter(
      name: path.child("relative_position_index").description, shape: isFlat ? [count * count] : [count, count],
      dtype: .int64, role: .buffer, initializer: .values(values))
  }

  /// The relative positions themselves, [1, rows, columns, 2]: log₂(1 + 8·|d|) / 3 with the sign of d, and d in −1...1, so that
  /// the numbers lie there too (Liu et al. 2022, arXiv:2111.09883, equation 4).
  func coordinates(at path: ModulePath) -> Parameter {
    func scaled(_ difference: Int, _ extent: Int) -> Double {
      let part = Float(difference) / Float(extent - 1) * 8
      let size = log2f(abs(part) + 1) / 3
      return Double(difference < 0 ? -size : size)
    }
    var values: [Double] = []
    for row in 1 - extents.height..<extents.height {
      for column in 1 - extents.width..<extents.width {
        values += [scaled(row, extents.height), scaled(column, extents.width)]
      }
    }
    return Parameter(
      name: path.child("relative_coords_table").description, shape: [1, rows, columns, 2], role: .buffer,
      initializer: .values(values))
  }
}
