import Checkpoint
import Layers
import Tensors

extension GraphImporter {
  /// Extents of 1 that come or go; of numbers of shapes, a number becomes a vector or the other way round.
  mutating func squeeze(_ node: OnnxGraph.Node, adds: Bool) throws(Untranslatable) -> ImportedValue {
    if let numbers = operand(node, 0).flatMap(integers), numbers.isVector != adds, numbers.extents.count <= 1,
      numbers.numbers.count == 1
    {
      return .integers(numbers.with(numbers.numbers, extents: adds ? [1] : []))
    }
    let input = try value(node)
    let axes = try integers(node, input: 1, attribute: "axes")
    let extents = [nil] + shapes[input].dimensions.map { Int?.some($0) }
    if adds {
      guard let axes else { throw Untranslatable("has no axes") }
      let rank = extents.count + axes.count
      let places = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
      guard places.count == axes.count, places.allSatisfy({ (1..<rank).contains($0) }) else {
        throw Untranslatable("adds the axes \(axes.prefix(8))")
      }
      var rest = extents[...]
      let result = (0..<rank).map { places.contains($0) ? 1 : (rest.popFirst() ?? nil) ?? 0 }
      return .value(try viewed(input, Array(result.dropFirst()), at: node))
    }
    let places = Set((axes ?? extents.indices.filter { extents[$0] == 1 }).map { $0 < 0 ? $0 + extents.count : $0 })
    guard places.allSatisfy({ extents.indices.contains($0) && extents[$0] == 1 }) else {
      throw Untranslatable(
        "removes the axes \((axes ?? []).prefix(8)) of \([1] + shapes[input].dimensions), which are not all 1")
    }
    let result = extents.indices.filter { $0 > 0 && !places.contains($0) }.compactMap { extents[$0] }
    return .value(try viewed(input, result, at: node))
  }

  // MARK: - Other shapes of the same elements

  /// A value under another shape without the batch.
  mutating func viewed(_ value: Int, _ extents: [Int], at node: OnnxGraph.Node) throws(Untranslatable) -> Int {
    let shape = shapes[value]
    if extents == shape.dimensions { return value }
    guard extents.allSatisfy({ $0 > 0 }), let wanted = Shape(checking: extents), wanted.count == shape.count else {
      throw Untranslatable("makes \([1] + extents) of \([1] + shape.dimensions)")
    }
    // Back to what was flattened before.
    if let before = producer(value), before.operation == .flatten, shapes[before.inputs[0]] == wanted {
      return before.inputs[0]
    }
    guard extents.count == 1 else {
      throw Untranslatable(
        "makes \([1] + extents) of \([1] + shape.dimensions); zoo flattens, shuffles channels, and reshapes in no other way"
      )
    }
    // Of [1, 1, C] the order of axes does not matter.
    if let before = producer(value), case .permute = before.operation, shape.dimensions.filter({ $0 > 1 }).count <= 1 {
      return try viewed(before.inputs[0], extents, at: node)
    }
    return try emit(.flatten, [value], at: node)
  }

  mutating func flatten(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    let input = try value(node)
    let axis = node.integer("axis") ?? 1
    guard axis == 1 || axis == -shapes[input].rank else {
      throw Untranslatable("flattens from axis \(axis) on; zoo flattens everything but the batch")
    }
    return .value(try viewed(input, [shapes[input].count], at: node))
  }

  mutating func reshape(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard let target = operand(node, 1).flatMap(integers) else {
      throw Untranslatable("has a target that is not made of known numbers")
    }
    if let numbers = operand(node, 0).flatMap(integers), let wanted = target.known, wanted.count <= 2 {
      let extents = try filled(wanted, numbers.numbers.count)
      guard extents.allSatisfy({ $0 <= ImportedValue.Integers.most }) else {
        throw Untranslatable("makes \(extents) of \(numbers.numbers.count) numbers")
      }
      return .integers(numbers.with(numbers.numbers, extents: extents))
    }
    if case .constant(var constant)? = operand(node, 0), let wanted = target.known, !constant.isTransposed {
      let extents = try filled(wanted, constant.shape.count)
      constant.view = Shape(extents)
      return .constant(constant)
    }
    if case .grouped(let index, _, true)? = operand(node, 0) {
      guard try extents(target, of: shapes[index], copied: []) == shapes[index].dimensions else {
        throw Untranslatable("ends no channel shuffle")
      }
      guard case .grouped(_, let groups, _)? = operand(node, 0) else { return .unknown }
      return .value(try emit(.channelShuffle(groups: groups), [index], at: node))
    }
    let input = try value(node)
    let shape = shapes[input]
    let result = try extents(target, of: shape, copied: shape.dimensions)
    if shape.rank == 3, result.count == 4, result[0] * result[1] == shape[0],
      result.dropFirst(2) == shape.dimensions.dropFirst()
    {
      return .grouped(input, groups: result[0], isTurned: false)
    }
    return .value(try viewed(input, result, at: node))
  }

  /// Extents of so many elements, of which one may be left open with -1.
  private func filled(_ extents: [Int], _ count: Int) throws(Untranslatable) -> [Int] {
    let known = extents.filter { $0 != -1 }
    guard let product = Shape(checking: known)?.count, product > 0 || count == 0, extents.count - known.count <= 1,
      known.count == extents.count ? product == count : count.isMultiple(of: max(product, 1))
    else { throw Untranslatable("makes \(extents.prefix(8)) of \(count) numbers") }
    return extents.map { $0 == -1 ? count / max(product, 1) : $0 }
  }

  /// The extents that a Reshape asks for, without the batch.
  /// - Parameter copied: Those that a 0 stands for.
  private func extents(
    _ target: ImportedValue.Integers, of shape: Shape, copied: [Int]
  ) throws(Untranslatable) -> [Int] {
    guard let first = target.numbers.first else { throw Untranslatable("makes a number of a value") }
    var extents: [Int] = []
    var open: Int?
    for (position, number) in target.numbers.dropFirst().enumerated() {
      guard case .known(let extent) = number else {
        throw Untranslatable("puts the number of images behind other extents")
      }
      if extent == -1, open == nil {
        open = position
        extents.append(1)
      } else if extent == 0, copied.indices.contains(position) {
        extents.append(copied[position])
      } else if extent > 0 {
        extents.append(extent)
      } else {
        throw Untranslatable("has the target extent \(extent)")
      }
    }
    guard let known = Shape(checking: extents) else { throw Untranslatable("has a target that is too large") }
    if let open {
      guard known.count > 0, shape.count.isMultiple(of: known.count) else {
        throw Untranslatable("makes \(extents) of \(shape)")
      }
      extents[open] = shape.count / known.count
    }
    // The first extent is the batch: any number, the one that the model is made for, or what is left over.
    switch first {
    case .batch, .known(0): break
    case .known(-1) where open == nil && known.count == shape.count: break
    case .known(let number) where number == batch: break
    default:
      throw Untranslatable("mixes images: its target begins with \(first), not with the batch")
    }
    return extents
  }

  mutating func transpose(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    if let numbers = operand(node, 0).flatMap(integers), numbers.extents.count == 2 {
      let order = node.integers("perm") ?? [1, 0]
      guard order.sorted() == [0, 1] else { throw Untranslatable("has the order \(order.prefix(8)) of two axes") }
      if order == [0, 1] { return .integers(numbers) }
      let (rows, columns) = (numbers.extents[0], numbers.extents[1])
      let turned = (0..<columns).flatMap { column in (0..<rows).map { numbers.numbers[$0 * columns + column] } }
      return .integers(numbers.with(turned, extents: [columns, rows]))
    }
    if case .constant(var constant)? = operand(node, 0) {
      guard constant.shape.rank == 2, node.integers("perm") ?? [1, 0] == [1, 0] else {
        throw Untranslatable("turns a tensor \(constant.shape) of the file")
      }
      constant.isTransposed.toggle()
      return .constant(constant)
    }
    if case .grouped(let index, let groups, false)? = operand(node, 0) {
      guard node.integers("perm") == [0, 2, 1, 3, 4] else { throw Untranslatable("is no part of a channel shuffle") }
      return .grouped(index, groups: groups, isTurned: true)
    }
    let input = try value(node)
    let rank = shapes[input].rank + 1
    let order = node.integers("perm") ?? Array((0..<rank).reversed())
    guard order.sorted() == Array(0..<rank), order[0] == 0 else {
      throw Untranslatable("has the order \(order.prefix(8)); zoo leaves the batch in front")
    }
    return .value(try permuted(input, order.dropFirst().map { $0 - 1 }, at: node))
  }

  // MARK: - Parts and wholes

  /// An axis counted without the batch.
  private func axis(_ axis: Int, of shape: Shape) throws(Untranslatable) -> Int {
    let position = axis < 0 ? axis + shape.rank + 1 : axis
    guard (1...max(shape.rank, 1)).contains(position) else {
      throw Untranslatable("means axis \(axis) of \([1] + shape.dimensions); zoo does not mix images")
    }
    return position - 1
  }

  mutating func concat(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    let parts = node.inputs.indices.map { operand(node, $0).flatMap(integers) }
    if parts.allSatisfy({ $0?.isVector ?? false }) {
      let vectors = parts.compactMap(\.self)
      guard vectors.reduce(0, { $0 + $1.numbers.count }) <= ImportedValue.Integers.most else {
        throw Untranslatable("joins more than \(ImportedValue.Integers.most) numbers of a shape")
      }
      var joined = ImportedValue.Integers(vectors.flatMap(\.numbers))
      joined.isFloat = vectors.contains(where: \.isFloat)
      return .integers(joined)
    }
    var inputs: [Int] = []
    for position in node.inputs.indices { inputs.append(try value(node, position)) }
    guard let first = inputs.first, let wanted = node.integer("axis") else {
      throw Untranslatable("has nothing to join")
    }
    let axis = try axis(wanted, of: shapes[first])
    // Behind one permutation the parts are joined before it.
    if case .permute(let order)? = producer(first)?.operation,
      inputs.allSatisfy({ producer($0)?.operation == .permute(order: order) }), order[axis] == 0
    {
      let inner = inputs.compactMap { producer($0)?.inputs[0] }
      return .value(try permuted(try emit(.concat, inner, at: node), order, at: node))
    }
    guard axis == 0 else { throw Untranslatable("joins along axis \(wanted); zoo joins channels") }
    return .value(inputs.count == 1 ? first : try emit(.concat, inputs, at: node))
  }

  /// Parts of an axis that follow each other.
  mutating func split(_ node: OnnxGraph.Node) throws(Untranslatable) -> [ImportedValue] {
    let input = try value(node)
    let axis = try axis(node.integer("axis") ?? 0, of: shapes[input])
    let extent = shapes[input][axis]
    let count = node.outputs.count
    var sizes = try integers(node, input: 1, attribute: "split")
    if sizes == nil, count > 0 {
      let size = (extent + count - 1) / count
      sizes = (0..<count).map { min(size, extent - $0 * size) }
    }
    guard let sizes, sizes.count == count, sizes.allSatisfy({ $0 > 0 && $0 <= extent }), sizes.reduce(0, +) == extent
    else {
      throw Untranslatable("splits \(extent) into \((sizes ?? []).prefix(8))")
    }
    var results: [ImportedValue] = []
    var start = 0
    for size in sizes {
      results.append(.value(try emit(.narrow(axis: axis, start: start, count: size), [input], at: node)))
      start += size
    }
    return results
  }

  mutating func slice(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard let starts = try integers(node, input: 1, attribute: "starts"),
      let ends = try integers(node, input: 2, attribute: "ends"), starts.count == ends.count
    else { throw Untranslatable("does not say where it begins and ends") }
    let axes = try integers(node, input: 3, attribute: "axes") ?? Array(starts.indices)
    let steps = try integers(node, input: 4) ?? starts.map { _ in 1 }
    if let numbers = operand(node, 0).flatMap(integers), (1...2).contains(numbers.extents.count), axes == [0],
      starts.count == 1, steps.count == 1
    {
      return .integers(try rows(of: numbers, from: starts[0], to: ends[0], step: steps[0]))
    }
    guard axes.count == starts.count, steps.count == starts.count, steps.allSatisfy({ $0 == 1 }) else {
      throw Untranslatable("has steps \(steps.prefix(8)); zoo takes elements that follow each other")
    }
    var result = try value(node)
    for (index, wanted) in axes.enumerated() {
      let axis = try axis(wanted, of: shapes[result])
      let extent = shapes[result][axis]
      let start = Self.position(starts[index], of: extent)
      let end = Self.position(ends[index], of: extent)
      guard start < end else { throw Untranslatable("takes nothing of axis \(wanted)") }
      if start == 0, end == extent { continue }
      result = try emit(.narrow(axis: axis, start: start, count: end - start), [result], at: node)
    }
    return .value(result)
  }

  /// The mean over height and width, or along the last axis as a part of LayerNorm.
  mutating func mean(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    let axes = try integers(node, input: 1, attribute: "axes")
    let keeps = node.integer("keepdims") ?? 1 == 1
    if case .squares(let index)? = operand(node, 0), keeps, isLast(axes, of: shapes[index]) {
      return .variance(index, epsilon: 0)
    }
    var input = try value(node)
    let shape = shapes[input]
    guard let axes, shape.rank == 3 else {
      guard keeps, isLast(axes, of: shape) else {
        throw Untranslatable("is a mean over \(axes ?? []), which zoo does not have")
      }
      return .mean(input)
    }
    var places: [Int] = []
    for wanted in axes { places.append(try axis(wanted, of: shape)) }
    if places == [2], keeps { return .mean(input) }
    var order = [0, 1, 2]
    if let before = producer(input), case .permute(let turned) = before.operation, !Set(places).isSubset(of: [1, 2]) {
      (input, order) = (before.inputs[0], turned)
      places = places.map { turned[$0] }
    }
    guard Set(places) == [1, 2] else {
      throw Untranslatable("is a mean over the axes \(axes.prefix(8)); zoo has it over height and width")
    }
    let pooled = try emit(.adaptiveAvgPool2d(output: 1), [input], at: node)
    guard keeps else { return .value(try emit(.flatten, [pooled], at: node)) }
    return .value(try permuted(pooled, order, at: node))
  }

  private func isLast(_ axes: [Int]?, of shape: Shape) -> Bool { axes == [-1] || axes == [shape.rank] }

  /// Zeros around an image or its channels.
  mutating func pad(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    var result = try value(node)
    let rank = shapes[result].rank + 1
    guard node.word("mode") ?? "constant" == "constant", try number(node, input: 2, attribute: "value") ?? 0 == 0 else {
      throw Untranslatable("pads with something else than zeros")
    }
    guard let pads = try integers(node, input: 1, attribute: "pads"), rank == 4 else {
      throw Untranslatable("pads what is no image")
    }
    let axes = (try integers(node, input: 3) ?? Array(0..<rank)).map { $0 < 0 ? $0 + rank : $0 }
    guard pads.count == 2 * axes.count, Set(axes).isSubset(of: Set(0..<rank)),
      pads.allSatisfy({ (0...1 << 20).contains($0) })
    else { throw Untranslatable("has pads \(pads.prefix(8)); zoo adds zeros and cuts nothing off") }
    var (begins, ends) = (Array(repeating: 0, count: rank), Array(repeating: 0, count: rank))
    for (index, axis) in axes.enumerated() { (begins[axis], ends[axis]) = (pads[index], pads[index + axes.count]) }
    guard begins[0] == 0, ends[0] == 0 else { throw Untranslatable("adds images of zeros") }
    if begins[1] + ends[1] > 0 {
      result = try emit(.padChannels(before: begins[1], after: ends[1]), [result], at: node)
    }
    if begins[2] + begins[3] + ends[2] + ends[3] > 0 {
      let sides = Sides(left: begins[3], right: ends[3], top: begins[2], bottom: ends[2])
      result = try emit(.zeroPad2d(sides), [result], at: node)
    }
    return .value(result)
  }
}
