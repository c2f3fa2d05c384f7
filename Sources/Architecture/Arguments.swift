import Layers
import Yams

/// The arguments of a call with their values, taken by type.
struct Arguments {
  let call: Call
  let scope: Scope

  /// The largest kernel, stride or padding; more channels or features than ``mostFeatures`` make no network, and with both
  /// the size of a weight fits an `Int`.
  private static let mostPixels = 1024
  static let mostFeatures = 1 << 20

  /// The value of an argument; `nil` when it is not given.
  func value(_ name: String) throws(Problem) -> Value? {
    guard let node = call.arguments[name] else { return nil }
    return try Value(node, scope)
  }

  private func wrong(_ name: String, _ value: Value, _ expected: String) -> Problem {
    Problem(
      call.arguments[name]?.place ?? call.place,
      "'\(name)' of '\(call.name)' is \(value.description); expected \(expected)")
  }

  /// What is said of an argument that must be given.
  func missing(_ name: String) -> Problem { Problem(call.place, "'\(name)' is missing: \(call.text)") }

  /// A whole number.
  func integer(_ name: String, in range: ClosedRange<Int> = 1...mostFeatures) throws(Problem) -> Int? {
    guard let value = try value(name), value != .none else { return nil }
    guard case .integer(let number) = value, range.contains(number) else {
      throw wrong(name, value, "a whole number in \(range.lowerBound)...\(range.upperBound)")
    }
    return number
  }

  /// A whole number that must be given.
  func required(_ name: String) throws(Problem) -> Int {
    guard let number = try integer(name) else { throw missing(name) }
    return number
  }

  /// Two extents: a number for both, or `[height, width]`.
  func pair(_ name: String, atLeast minimum: Int = 1) throws(Problem) -> Pair? {
    guard let value = try value(name), value != .none else { return nil }
    let range = minimum...Self.mostPixels
    switch value {
    case .integer(let both) where range.contains(both): return Pair(both)
    case .list(let values):
      if values.count == 2, case .integer(let height) = values[0], case .integer(let width) = values[1],
        range.contains(height), range.contains(width)
      {
        return Pair(height, width)
      }
    default: break
    }
    throw wrong(name, value, "a whole number in \(minimum)...\(Self.mostPixels), or two: [height, width]")
  }

  /// Two extents that must be given.
  func requiredPair(_ name: String) throws(Problem) -> Pair {
    guard let pair = try pair(name) else { throw missing(name) }
    return pair
  }

  /// A finite number.
  func number(_ name: String) throws(Problem) -> Double? {
    guard let value = try value(name), value != .none else { return nil }
    switch value {
    case .integer(let number): return Double(number)
    case .number(let number): return number
    default: throw wrong(name, value, "a number")
    }
  }

  /// A truth value.
  func flag(_ name: String) throws(Problem) -> Bool? {
    guard let value = try value(name), value != .none else { return nil }
    guard case .flag(let flag) = value else { throw wrong(name, value, "true or false") }
    return flag
  }

  /// A convolution's padding: two extents, or `same` for what keeps the size at stride 1.
  func convolutionPadding(kernel: Pair, dilation: Pair) throws(Problem) -> Pair? {
    guard try value("padding") == .text("same") else { return try pair("padding", atLeast: 0) }
    guard !kernel.height.isMultiple(of: 2), !kernel.width.isMultiple(of: 2) else {
      throw wrong("padding", .text("same"), "numbers: a kernel of \(kernel) has no middle")
    }
    return Pair(dilation.height * (kernel.height - 1) / 2, dilation.width * (kernel.width - 1) / 2)
  }

  /// The padding of four sides: a number for all, or `[left, right, top, bottom]`.
  func sides(_ name: String) throws(Problem) -> Sides {
    guard let value = try value(name) else { throw missing(name) }
    let numbers: [Int]
    switch value {
    case .integer(let number): numbers = Array(repeating: number, count: 4)
    case .list(let values):
      let whole = values.compactMap { if case .integer(let number) = $0 { number } else { Int?.none } }
      numbers = whole.count == values.count ? whole : []
    default: numbers = []
    }
    guard numbers.count == 4, numbers.allSatisfy({ (0...Self.mostPixels).contains($0) }) else {
      throw wrong(name, value, "a whole number in 0...\(Self.mostPixels), or four: [left, right, top, bottom]")
    }
    return Sides(left: numbers[0], right: numbers[1], top: numbers[2], bottom: numbers[3])
  }

  /// The order of axes, PyTorch's with the batch in front.
  func axes(_ name: String) throws(Problem) -> [Int] {
    guard let value = try value(name) else { throw missing(name) }
    if case .list(let values) = value {
      let axes = values.compactMap { if case .integer(let axis) = $0 { axis } else { Int?.none } }
      if axes.count == values.count, axes.count > 1, axes.sorted() == Array(axes.indices), axes[0] == 0 {
        return axes.dropFirst().map { $0 - 1 }
      }
    }
    throw wrong(name, value, "each axis once with the batch in front, such as [0, 2, 3, 1]")
  }

  /// What an argument that only repeats what is known must be.
  func check(_ name: String, is known: Int, _ what: String) throws(Problem) {
    guard let value = try value(name), value != .none else { return }
    guard value == .integer(known) else { throw wrong(name, value, "\(known), \(what); it can be left out") }
  }
}
