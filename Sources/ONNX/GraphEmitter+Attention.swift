import Foundation
import Checkpoint
import Layers
import Tensors

extension GraphEmitter {
  /// Attention as products, sums and a softmax over [N, groups, heads, tokens, features].
  mutating func attention(_ node: Graph.Node, _ attributes: AttentionAttributes) -> String {
    let (shape, path) = (inputShape(node), node.name)
    let grouping = TokenGroups(attributes, over: shape)
    let (heads, features) = (attributes.heads, attributes.headFeatures)
    var names = parameters(node)[...]
    var value = input(node)
    var scale: String?
    if case .cosine = attributes.similarity {
      scale = parameter(names.removeFirst())
      value = add("Add", [value, withoutKeys(names.removeFirst(), path)], at: "\(path).biased")
    }
    let grouped = gathered(value, grouping, 3 * heads * features, at: path)
    // [N, G, L, 3, h, f] → [3, N, G, h, L, f]
    let parts = transpose(
      reshape(grouped, [grouping.count, grouping.tokens, 3, heads, features], at: "\(path).parts"), [3, 0, 1, 4, 2, 5],
      at: "\(path).heads")
    let all = (0..<3).map { part in
      add("Gather", [parts, scalar(part, "\(path).part_\(part)")], [.int("axis", 0)], at: "\(path).qkv_\(part)")
    }
    var scores = similarity(all[0], all[1], attributes.similarity, scale, at: path)
    if let bias = positionBias(attributes, names, grouping.tokens, at: path) {
      scores = add("Add", [scores, bias], at: "\(path).scores_biased")
    }
    if let mask = grouping.mask {
      scores = add("Add", [scores, constant(mask, called: "\(path).mask")], at: "\(path).masked")
    }
    let shares = add("Softmax", [scores], [.int("axis", -1)], at: "\(path).shares")
    let sums = add("MatMul", [shares, all[2]], at: "\(path).sums")
    let turned = transpose(sums, [0, 1, 3, 2, 4], at: "\(path).tokens")
    return scattered(turned, grouping, heads * features, shape, at: path)
  }

  // MARK: - Groups

  /// [N, ..., C] → [N, groups, tokens, C].
  private mutating func gathered(_ value: String, _ groups: TokenGroups, _ channels: Int, at path: String) -> String {
    guard let map = groups.map else {
      return reshape(value, [1, groups.tokens, channels], at: "\(path).grouped")
    }
    let rolled = roll(value, map.shift, of: map.extents, at: "\(path).rolled")
    let (outer, inner) = (map.outer, map.inner)
    let cut = reshape(
      rolled, [outer.height, inner.height, outer.width, inner.width, channels], at: "\(path).cut")
    let turned = transpose(cut, map.isGrid ? [0, 2, 4, 1, 3, 5] : [0, 1, 3, 2, 4, 5], at: "\(path).turned")
    return reshape(turned, [groups.count, groups.tokens, channels], at: "\(path).grouped")
  }

  /// The way back.
  private mutating func scattered(
    _ value: String, _ groups: TokenGroups, _ channels: Int, _ shape: Shape, at path: String
  ) -> String {
    guard let map = groups.map else { return reshape(value, shape.dimensions.dropLast() + [channels], at: path) }
    let group = map.isGrid ? map.outer : map.inner
    let number = map.isGrid ? map.inner : map.outer
    let cut = reshape(value, [number.height, number.width, group.height, group.width, channels], at: "\(path).uncut")
    let turned = transpose(cut, map.isGrid ? [0, 3, 1, 4, 2, 5] : [0, 1, 3, 2, 4, 5], at: "\(path).unturned")
    let joined = reshape(turned, [map.extents.height, map.extents.width, channels], at: "\(path).joined")
    let back = Pair(-map.shift.height, -map.shift.width)
    return roll(joined, back, of: map.extents, at: "\(path).unrolled")
  }

  /// A map [N, H, W, C] whose rows go up and whose columns go to the left, what leaves coming back at the other end.
  private mutating func roll(_ value: String, _ shift: Pair, of extents: Pair, at path: String) -> String {
    var value = value
    for (axis, distance, extent) in [(1, shift.height, extents.height), (2, shift.width, extents.width)] {
      let start = ((distance % extent) + extent) % extent
      guard start > 0 else { continue }
      let place = "\(path)_\(axis)"
      let first = slice(value, axes: [axis], from: [start], to: [extent], at: "\(place).first")
      let rest = slice(value, axes: [axis], from: [0], to: [start], at: "\(place).rest")
      value = add("Concat", [first, rest], [.int("axis", axis)], at: place)
    }
    return value
  }

  // MARK: - Scores

  private mutating func similarity(
    _ queries: String, _ keys: String, _ similarity: AttentionAttributes.Similarity, _ scale: String?, at path: String
  ) -> String {
    switch similarity {
    case .dotProduct(let factor):
      let scaled = add("Mul", [queries, float(factor, "\(path).scale")], at: "\(path).scaled")
      let turned = transpose(keys, [0, 1, 2, 4, 3], at: "\(path).keys")
      return add("MatMul", [scaled, turned], at: "\(path).scores")
    case .cosine:
      let turned = transpose(unit(keys, at: "\(path).unit_keys"), [0, 1, 2, 4, 3], at: "\(path).keys")
      let cosines = add("MatMul", [unit(queries, at: "\(path).unit_queries"), turned], at: "\(path).cosines")
      let limit = float(log(100), "\(path).limit")
      let bounded = add("Min", [scale ?? "", limit], at: "\(path).bounded")
      let factor = add("Exp", [bounded], at: "\(path).factor")
      return add("Mul", [cosines, factor], at: "\(path).scores")
    }
  }

  /// Vectors along the last axis by their lengths, of at least 10⁻¹².
  private mutating func unit(_ value: String, at path: String) -> String {
    let squares = add("Mul", [value, value], at: "\(path).squares")
    // The axes of sums are an input in every opset that is written.
    let sums = add(
      "ReduceSum", [squares, integers([-1], "\(path).axes")], [.int("keepdims", 1)], at: "\(path).sums")
    let lengths = add("Sqrt", [sums], at: "\(path).lengths")
    let bounded = add("Max", [lengths, float(1e-12, "\(path).least")], at: "\(path).bounded")
    return add("Div", [value, bounded], at: path)
  }

  /// A bias of queries, keys and values, of which the keys' is not used.
  private mutating func withoutKeys(_ name: String, _ path: String) -> String {
    let third = weights[name].shape.count / 3
    let mask = (0..<3 * third).map { Float($0 / max(third, 1) == 1 ? 0 : 1) }
    return add(
      "Mul", [parameter(name), constant(Tensor(mask, shape: [3 * third]), called: "\(path).not_keys")],
      at: "\(path).bias_used")
  }

  /// [heads, tokens, tokens]; `nil` when there is none.
  private mutating func positionBias(
    _ attributes: AttentionAttributes, _ names: ArraySlice<String>, _ tokens: Int, at path: String
  ) -> String? {
    var names = names
    let table: String
    let index: String
    switch attributes.positionBias {
    case .none: return nil
    case .table:
      table = parameter(names.removeFirst())
      index = parameter(names.removeFirst())
    case .network:
      let coordinates = parameter(names.removeFirst())
      index = parameter(names.removeFirst())
      let (first, bias, second) = (names.removeFirst(), names.removeFirst(), names.removeFirst())
      let hidden = add(
        "Add", [product(coordinates, first, at: "\(path).bias_first"), parameter(bias)], at: "\(path).bias_hidden")
      let rectified = add("Relu", [hidden], at: "\(path).bias_rectified")
      let numbers = product(rectified, second, at: "\(path).bias_second")
      let shape = integers([-1, attributes.heads], "\(path).bias_table.shape")
      table = add("Reshape", [numbers, shape], at: "\(path).bias_table")
    }
    let flat = add("Reshape", [index, integers([-1], "\(path).index.shape")], at: "\(path).index_flat")
    let found = add("Gather", [table, flat], [.int("axis", 0)], at: "\(path).bias_found")
    let square = integers([tokens, tokens, attributes.heads], "\(path).bias_square.shape")
    let bias = transpose(
      add("Reshape", [found, square], at: "\(path).bias_square"), [2, 0, 1], at: "\(path).position_bias")
    guard case .network = attributes.positionBias else { return bias }
    let shares = add("Sigmoid", [bias], at: "\(path).bias_share")
    return add("Mul", [shares, float(16, "\(path).bias_scale")], at: "\(path).bias_scaled")
  }

  /// A product with a matrix that is stored as [O, I].
  private mutating func product(_ value: String, _ weight: String, at path: String) -> String {
    add("MatMul", [value, transpose(parameter(weight), [1, 0], at: "\(path).turned")], at: path)
  }

  private mutating func float(_ value: Double, _ name: String) -> String {
    constant(Tensor([Float(value)], shape: []), called: name)
  }

  private mutating func scalar(_ value: Int, _ name: String) -> String {
    constant(Tensor([Int64(value)], shape: []), called: name)
  }
}

/// How the tokens of an image fall into groups that see each other.
struct TokenGroups {
  /// A map of tokens, and how it is cut.
  struct Map {
    let extents, shift: Pair
    /// The first and the second factor of each extent; for windows the number and the size, for grids the other way round.
    let outer, inner: Pair
    let isGrid: Bool
  }

  /// The number of groups, and of tokens in each.
  let count, tokens: Int
  /// `nil` when all tokens are one group.
  let map: Map?
  /// What is added to similarities, [groups, 1, tokens, tokens]: −100 for tokens that only the rolling brought together.
  let mask: Tensor?

  /// - Parameter shape: [..., C], for maps [H, W, C].
  init(_ attributes: AttentionAttributes, over shape: Shape) {
    switch attributes.span {
    case .all:
      (count, tokens) = (1, shape.count / max(shape.dimensions.last ?? 1, 1))
      (map, mask) = (nil, nil)
    case .windows(let size, let shift):
      let extents = Pair(shape[0], shape[1])
      let moved = Pair(
        size.height >= extents.height ? 0 : shift.height, size.width >= extents.width ? 0 : shift.width)
      let number = Pair(extents.height / size.height, extents.width / size.width)
      (count, tokens) = (number.height * number.width, size.height * size.width)
      map = Map(extents: extents, shift: moved, outer: number, inner: size, isGrid: false)
      mask = moved == 0 ? nil : Self.mask(extents, size, moved, number)
    case .grid(let size):
      let extents = Pair(shape[0], shape[1])
      let distance = Pair(extents.height / size.height, extents.width / size.width)
      (count, tokens) = (distance.height * distance.width, size.height * size.width)
      map = Map(extents: extents, shift: 0, outer: size, inner: distance, isGrid: true)
      mask = nil
    }
  }

  private static func mask(_ extents: Pair, _ size: Pair, _ shift: Pair, _ number: Pair) -> Tensor {
    /// Which of the three parts of an axis a place is in, after rolling: all but the last window, and the last one's two.
    func part(_ place: Int, _ extent: Int, _ size: Int, _ shift: Int) -> Int {
      shift == 0 || place < extent - size ? 0 : place < extent - shift ? 1 : 2
    }
    var numbers: [Float] = []
    for row in 0..<number.height {
      for column in 0..<number.width {
        let parts = (0..<size.height * size.width).map { token in
          let y = row * size.height + token / size.width
          let x = column * size.width + token % size.width
          return 3 * part(y, extents.height, size.height, shift.height)
            + part(x, extents.width, size.width, shift.width)
        }
        for first in parts { for second in parts { numbers.append(first == second ? 0 : -100) } }
      }
    }
    let tokens = size.height * size.width
    return Tensor(numbers, shape: [number.height * number.width, 1, tokens, tokens])
  }
}
