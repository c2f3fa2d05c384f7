import Checkpoint
import Yams
import Zoo

/// A module or block with its arguments, as it is written: `{Conv2d: 64, kernel_size: 3, padding: 1}`.
///
/// The first key is the module; its value is the first argument, or a list of the first ones; all others have names.
struct Call {
  let name: String
  let place: Place?
  /// By the argument's name.
  let arguments: [String: Node]
  let signature: Signature

  /// A word alone.
  init(_ name: String, at place: Place?, _ signature: Signature) {
    (self.name, self.place, arguments, self.signature) = (name, place, [:], signature)
  }

  /// - Parameter node: A mapping whose first key is known.
  init(_ node: Node, known: (String) -> Signature?) throws(Problem) {
    var pairs: [(key: Node, value: Node)] = []
    if case .mapping(let mapping) = node { pairs = mapping.map { ($0.key, $0.value) } }
    guard let first = pairs.first, case .scalar(let head) = first.key, let signature = known(head.string) else {
      throw Problem(node.place, "\(node.kindName) is no module")
    }
    name = head.string
    place = first.key.place
    self.signature = signature
    var arguments: [String: Node] = [:]
    for (index, value) in try Self.positional(first.value, name, signature).enumerated() {
      arguments[signature.names[index]] = value
    }
    for (key, value) in pairs.dropFirst() {
      guard case .scalar(let word) = key else { throw Problem(key.place, "an argument must be a word") }
      guard signature.names.contains(word.string) || Signature.common.contains(word.string) else {
        throw Problem(key.place, Self.unknown(word.string, name, signature))
      }
      guard arguments[word.string] == nil else {
        throw Problem(key.place, "'\(word.string)' of '\(name)' is given twice")
      }
      arguments[word.string] = value
    }
    self.arguments = arguments
  }

  /// The values that stand without names.
  private static func positional(_ value: Node, _ name: String, _ signature: Signature) throws(Problem) -> [Node] {
    let place = value.place
    // What takes layers takes a list of them as one argument.
    if signature.takesLayers { return [value] }
    switch value {
    case .scalar(let scalar) where scalar.style == .plain && Value(literal: scalar.string) == Value.none: return []
    case .scalar:
      guard signature.positional > 0 else {
        throw Problem(place, "'\(name)' takes no argument without a name: \(text(name, signature))")
      }
      return [value]
    case .sequence where signature.beginsWithList: return [value]
    case .sequence(let values):
      guard values.count <= signature.positional else {
        throw Problem(
          place,
          "'\(name)' takes at most \(signature.positional) arguments without names, and \(values.count) are given; what "
            + "comes in is known from the layer before: \(text(name, signature))")
      }
      return Array(values)
    case .mapping, .alias:
      throw Problem(
        place,
        "the arguments of '\(name)' stand beside it: '{\(name): …, name: …}'; a layer cannot be called like a module or block"
      )
    }
  }

  private static func unknown(_ word: String, _ name: String, _ signature: Signature) -> String {
    let near = nearestNames(to: word, among: signature.names + Signature.common).map { "'\($0)'" }
    return "'\(name)' has no argument '\(word.terminalEscaped)'; "
      + (near.isEmpty ? "it is \(text(name, signature))" : "did you mean \(near.joined(separator: " or "))?")
  }

  /// `Conv2d(out_channels, kernel_size, …)`
  static func text(_ name: String, _ signature: Signature) -> String {
    "\(name)(\(signature.names.joined(separator: ", ")))"
  }

  /// `Conv2d(out_channels, kernel_size, …)`
  var text: String { Self.text(name, signature) }
}
