import Tensors

/// Why an operation cannot take its inputs, not yet saying which module it is.
struct Misfit: Error {
  let code: LayersError.Code
  let message: String

  init(_ code: LayersError.Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension Shape {
  /// The shape as a batch of one image, which is how errors show it: `[1, 64, 2, 2]`.
  var asBatchOfOne: String { "[" + ([1] + dimensions).map(String.init).joined(separator: ", ") + "]" }
}

/// The largest extent or attribute. Within it, no sum or product of two that shapes are made of overflows an `Int`.
let largestExtent = Int(Int32.max)

/// Checks that an attribute of an operation is in minimum...``largestExtent``.
func check(_ name: String, _ value: Int, atLeast minimum: Int) throws(Misfit) {
  guard value >= minimum else { throw Misfit(.argument, "\(name) is \(value), but must be at least \(minimum)") }
  guard value <= largestExtent else {
    throw Misfit(.argument, "\(name) is \(value), but can be at most \(largestExtent)")
  }
}

/// Checks both extents of an attribute.
func check(_ name: String, _ value: Pair, atLeast minimum: Int) throws(Misfit) {
  try check(name, value.height, atLeast: minimum)
  try check(name, value.width, atLeast: minimum)
}

/// The shape of a result, when every extent is in 1...``largestExtent`` and their product fits an `Int`.
func checkedShape(_ dimensions: [Int]) throws(Misfit) -> Shape {
  guard dimensions.allSatisfy({ (1...largestExtent).contains($0) }), let shape = Shape(checking: dimensions) else {
    throw Misfit(.shape, "its result of extents \(dimensions) is empty or too large")
  }
  return shape
}

/// The smallest multiple that is not below a number.
func roundUp(_ value: Int, to multiple: Int) -> Int { (value + multiple - 1) / multiple * multiple }
