import Checkpoint
import Yams

/// The value of an argument.
enum Value: Sendable, Hashable {
  case none
  case flag(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([Value])

  /// What it is, for errors.
  var description: String {
    switch self {
    case .none: "nothing"
    case .flag(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): "'\(value.prefix(64).description.terminalEscaped)'"
    case .list(let values): "[" + values.prefix(8).map(\.description).joined(separator: ", ") + "]"
    }
  }
}

extension Value {
  /// What is written: a number, a truth value, a text, a list of these, or what an expression with `$names` gives.
  init(_ node: Node, _ scope: Scope) throws(Problem) {
    switch node {
    case .scalar(let scalar):
      guard scalar.style == .plain else {
        self = .text(scalar.string)
        return
      }
      if let literal = Value(literal: scalar.string) {
        self = literal
      } else if scalar.string.contains("$") {
        self = try Expression.value(of: scalar.string, at: node.place, scope)
      } else {
        self = .text(scalar.string)
      }
    case .sequence(let sequence):
      var values: [Value] = []
      for item in sequence {
        guard case .scalar = item else {
          throw Problem(item.place, "\(item.kindName) stands where a number is expected")
        }
        values.append(try Value(item, scope))
      }
      self = .list(values)
    case .mapping, .alias: throw Problem(node.place, "\(node.kindName) stands where a value is expected")
    }
  }

  /// A number, a truth value or nothing; `nil` for any other text.
  init?(literal text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL", "None": self = .none
    case "true", "True", "TRUE": self = .flag(true)
    case "false", "False", "FALSE": self = .flag(false)
    default:
      if let integer = Int(text) {
        self = .integer(integer)
      } else if text.utf8.allSatisfy({ "0123456789+-.eE_".utf8.contains($0) }), let number = Double(text),
        number.isFinite
      {
        self = .number(number)
      } else {
        return nil
      }
    }
  }
}

/// What expressions can name, and how deep blocks stand in blocks.
struct Scope {
  /// By name, without the dollar.
  var values: [String: Value] = [:]
  /// The blocks that are being built, outermost first.
  var calls: [String] = []
}
