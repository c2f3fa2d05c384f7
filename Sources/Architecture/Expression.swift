import Checkpoint
import Zoo

/// Arithmetic with names: `$channels * 4`, `($in + 1) // 2`.
///
/// `+ - * / // %` and parentheses on whole numbers and decimals. `/` of whole numbers must come out even, `//` rounds down.
struct Expression {
  private var rest: Substring
  private let text: String
  private let place: Place?
  private let scope: Scope
  private var depth = 0

  private static let longest = 200
  private static let deepest = 32

  /// What an expression gives; the value itself where it is one name.
  static func value(of text: String, at place: Place?, _ scope: Scope) throws(Problem) -> Value {
    guard text.utf8.count <= longest else {
      throw Problem(place, "an expression has at most \(longest) bytes; this one has \(text.utf8.count)")
    }
    var expression = Expression(rest: text[...], text: text, place: place, scope: scope)
    let value = try expression.sum()
    expression.skipBlanks()
    guard expression.rest.isEmpty else { throw expression.wrong("'\(expression.rest)' is left over") }
    return value
  }

  private func wrong(_ message: String) -> Problem {
    Problem(place, "'\(text.terminalEscaped)': \(message.terminalEscaped)")
  }

  private mutating func skipBlanks() { rest = rest.drop { $0 == " " || $0 == "\t" } }

  private mutating func take(_ symbol: String) -> Bool {
    skipBlanks()
    guard rest.hasPrefix(symbol) else { return false }
    rest = rest.dropFirst(symbol.count)
    return true
  }

  private mutating func sum() throws(Problem) -> Value {
    var value = try product()
    while true {
      if take("+") {
        value = try combine(value, try product(), "+")
      } else if take("-") {
        value = try combine(value, try product(), "-")
      } else {
        return value
      }
    }
  }

  private mutating func product() throws(Problem) -> Value {
    var value = try factor()
    while true {
      guard let symbol = ["//", "*", "/", "%"].first(where: { take($0) }) else { return value }
      value = try combine(value, try factor(), symbol)
    }
  }

  private mutating func factor() throws(Problem) -> Value {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { throw wrong("has more than \(Self.deepest) levels") }
    if take("-") { return try combine(.integer(0), try factor(), "-") }
    if take("(") {
      let value = try sum()
      guard take(")") else { throw wrong("')' is missing") }
      return value
    }
    if take("$") { return try named() }
    let digits = rest.prefix { $0.isNumber || $0 == "." }
    guard let value = Value(literal: String(digits)), value != .none else {
      throw wrong(rest.isEmpty ? "ends where a number is expected" : "'\(rest)' is no number and no $name")
    }
    rest = rest.dropFirst(digits.count)
    return value
  }

  private mutating func named() throws(Problem) -> Value {
    let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    guard let value = scope.values[name] else {
      let names = scope.values.keys.sorted()
      let near = nearestNames(to: name, among: names).map { "'$\($0)'" }
      throw wrong(
        "there is no '$\(name)'; "
          + (near.isEmpty
            ? "there are \(names.map { "$\($0)" }.joined(separator: ", "))"
            : "did you mean \(near.joined(separator: " or "))?"))
    }
    rest = rest.dropFirst(name.count)
    return value
  }

  private func combine(_ left: Value, _ right: Value, _ symbol: String) throws(Problem) -> Value {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): return .integer(try whole(left, right, symbol))
    case (.integer(let left), .number(let right)): return .number(try decimal(Double(left), right, symbol))
    case (.number(let left), .integer(let right)): return .number(try decimal(left, Double(right), symbol))
    case (.number(let left), .number(let right)): return .number(try decimal(left, right, symbol))
    default:
      throw wrong("\(left.description) and \(right.description) are not both numbers, and '\(symbol)' takes no others")
    }
  }

  private func whole(_ left: Int, _ right: Int, _ symbol: String) throws(Problem) -> Int {
    let result: (partialValue: Int, overflow: Bool)
    switch symbol {
    case "+": result = left.addingReportingOverflow(right)
    case "-": result = left.subtractingReportingOverflow(right)
    case "*": result = left.multipliedReportingOverflow(by: right)
    default:
      guard right > 0 else { throw wrong("\(left) is divided by \(right); a divisor must be above 0") }
      let remainder = left % right
      guard symbol != "/" || remainder == 0 else {
        throw wrong("\(left) / \(right) is not a whole number; '//' rounds down")
      }
      if symbol == "%" { return remainder < 0 ? remainder + right : remainder }
      return left / right - (remainder < 0 ? 1 : 0)
    }
    guard !result.overflow else { throw wrong("is too large") }
    return result.partialValue
  }

  private func decimal(_ left: Double, _ right: Double, _ symbol: String) throws(Problem) -> Double {
    let value =
      switch symbol {
      case "+": left + right
      case "-": left - right
      case "*": left * right
      case "/": left / right
      case "//": (left / right).rounded(.down)
      default: left - (left / right).rounded(.down) * right
      }
    guard value.isFinite else { throw wrong("gives no finite number") }
    return value
  }
}
