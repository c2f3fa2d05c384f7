import Checkpoint
import Tensors

/// The whole numbers that exporters compute shapes with.
extension GraphImporter {
  /// The extents of a value, the number of images first.
  func shape(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue.Integers {
    let extents: [Int]
    var numbers: [ImportedValue.Integers.Number] = []
    switch operand(node, 0) {
    case .value(let index)?, .affine(let index, _, _)?, .centred(let index)?:
      extents = shapes[index].dimensions
      numbers = [.batch]
    case .constant(let constant)?: extents = constant.shape.dimensions
    case .integers(let integers)?: extents = integers.extents
    default: throw Untranslatable("asks for the shape of what has none here")
    }
    let all = numbers + extents.map { .known($0) }
    let start = Self.position(node.integer("start") ?? 0, of: all.count)
    let end = Self.position(node.integer("end") ?? all.count, of: all.count)
    return ImportedValue.Integers(Array(all[min(start, end)..<end]))
  }

  /// A position that may count from the end, within 0...count.
  static func position(_ position: Int, of count: Int) -> Int {
    min(max(position < 0 ? position + count : position, 0), count)
  }

  func arithmetic(
    _ kind: String, _ left: ImportedValue.Integers, _ right: ImportedValue.Integers
  ) throws(Untranslatable) -> ImportedValue.Integers {
    let count = max(left.numbers.count, right.numbers.count)
    func trimmed(_ extents: [Int]) -> [Int] { Array(extents.drop { $0 == 1 }) }
    let areAlike = trimmed(left.extents) == trimmed(right.extents)
    guard areAlike || min(left.numbers.count, right.numbers.count) == 1, count <= ImportedValue.Integers.most else {
      throw Untranslatable("computes with numbers \(left.extents) and \(right.extents) of a shape")
    }
    let isFloat = left.isFloat || right.isFloat
    var isQuotient = false
    var numbers: [ImportedValue.Integers.Number] = []
    for index in 0..<count {
      let pair = (
        left.numbers[left.numbers.count == 1 ? 0 : index], right.numbers[right.numbers.count == 1 ? 0 : index]
      )
      switch (kind, pair.0, pair.1) {
      case (_, .known(let first), .known(let second)):
        guard let number = Self.compute(kind, first, second) else {
          throw Untranslatable("computes \(first) \(kind) \(second) of a shape")
        }
        if isFloat, kind == "Div", first % second != 0 { isQuotient = true }
        numbers.append(.known(number))
      case ("Mul", .batch, .known(1)), ("Mul", .known(1), .batch), ("Div", .batch, .known(1)),
        ("Add", .batch, .known(0)), ("Add", .known(0), .batch), ("Sub", .batch, .known(0)):
        numbers.append(.batch)
      default: throw Untranslatable("computes with the number of images, which zoo leaves open")
      }
    }
    let larger = left.numbers.count == count && left.extents.count >= right.extents.count || right.numbers.count < count
    var result = ImportedValue.Integers(numbers, extents: larger ? left.extents : right.extents)
    (result.isFloat, result.isQuotient) = (isFloat, isQuotient)
    return result
  }

  private static func compute(_ kind: String, _ first: Int, _ second: Int) -> Int? {
    let result: (partialValue: Int, overflow: Bool)
    switch kind {
    case "Add": result = first.addingReportingOverflow(second)
    case "Sub": result = first.subtractingReportingOverflow(second)
    case "Mul": result = first.multipliedReportingOverflow(by: second)
    // Extents are positive, so that rounding down and towards zero are the same.
    case "Div", "Mod":
      guard second > 0, first >= 0 else { return nil }
      return kind == "Div" ? first / second : first % second
    default: return nil
    }
    return result.overflow ? nil : result.partialValue
  }

  /// Numbers of a shape by their positions.
  func gather(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard let data = operand(node, 0).flatMap(integers), data.isVector, node.integer("axis") ?? 0 == 0,
      let indices = operand(node, 1).flatMap(integers), let positions = indices.known
    else { throw Untranslatable("gathers elements of what is no shape") }
    var numbers: [ImportedValue.Integers.Number] = []
    for position in positions.prefix(ImportedValue.Integers.most + 1) {
      let index = position < 0 ? position + data.numbers.count : position
      guard data.numbers.indices.contains(index) else { throw Untranslatable("gathers an element that is not there") }
      numbers.append(data.numbers[index])
    }
    guard numbers.count <= ImportedValue.Integers.most else {
      throw Untranslatable("gathers more than \(ImportedValue.Integers.most) numbers of a shape")
    }
    return .integers(data.with(numbers, extents: indices.extents))
  }

  /// Numbers, or rows of numbers, that follow each other, or all from the last to the first.
  func rows(
    of numbers: ImportedValue.Integers, from start: Int, to end: Int, step: Int
  ) throws(Untranslatable) -> ImportedValue.Integers {
    let count = numbers.extents[0]
    let width = numbers.extents.dropFirst().reduce(1, *)
    let chosen: [Int]
    switch step {
    case 1:
      chosen = Array(
        Self.position(start, of: count)..<max(Self.position(end, of: count), Self.position(start, of: count)))
    case -1 where (start == -1 || start >= count - 1) && end < -count: chosen = (0..<count).reversed()
    default: throw Untranslatable("takes numbers of a shape in steps of \(step)")
    }
    return numbers.with(
      chosen.flatMap { numbers.numbers[$0 * width..<($0 + 1) * width] },
      extents: [chosen.count] + numbers.extents.dropFirst())
  }

  /// As many numbers as a shape says.
  func constantOfShape(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard let shape = operand(node, 0).flatMap(integers)?.known, shape.count <= 1,
      (0...ImportedValue.Integers.most).contains(shape.first ?? 1)
    else {
      throw Untranslatable("makes a tensor of more than a few numbers")
    }
    let value = node.integers("value")?.first
    guard value != nil || node.attributes["value"] == nil else {
      throw Untranslatable("is filled with no whole number")
    }
    let count = shape.first ?? 1
    return .integers(
      ImportedValue.Integers(Array(repeating: .known(value ?? 0), count: count), extents: shape.isEmpty ? [] : [count]))
  }
}
