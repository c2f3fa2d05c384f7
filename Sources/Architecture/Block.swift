import Checkpoint
import Yams

/// Layers under a name, with arguments: an entry of `blocks:`.
struct Block {
  /// A name, and its value where the call gives none.
  struct Argument {
    let name: String
    let standard: Value?
  }

  let name: String
  let arguments: [Argument]
  let layers: Node

  /// What a call of the block can say.
  var signature: Signature { Signature(arguments.map(\.name)) }

  private static let mostArguments = 32
  private static let mostBlocks = 256

  /// The blocks of a file, by name.
  static func all(in node: Node) throws(Problem) -> [String: Block] {
    guard case .mapping(let mapping) = node else {
      throw Problem(node.place, "'blocks' is \(node.kindName); expected a mapping of names to blocks")
    }
    guard mapping.count <= mostBlocks else { throw Problem(node.place, "there are more than \(mostBlocks) blocks") }
    var blocks: [String: Block] = [:]
    for (key, value) in mapping {
      let name = try ModuleReader.name(key)
      guard Signature.modules[name] == nil else {
        throw Problem(key.place, "a block cannot be called '\(name)': there is a module of that name")
      }
      blocks[name] = try Block(name, value)
    }
    return blocks
  }

  private init(_ name: String, _ node: Node) throws(Problem) {
    self.name = name
    guard case .mapping(let mapping) = node else {
      throw Problem(node.place, "block '\(name)' is \(node.kindName); expected 'arguments:' and 'layers:'")
    }
    var arguments: [Argument] = []
    var layers: Node?
    for (key, value) in mapping {
      switch key.string {
      case "arguments": arguments = try Self.arguments(value, name)
      case "layers": layers = value
      default:
        throw Problem(
          key.place, "block '\(name)' has \(key.kindName); a block has 'arguments' and 'layers'")
      }
    }
    guard let layers else { throw Problem(node.place, "block '\(name)' has no 'layers'") }
    (self.arguments, self.layers) = (arguments, layers)
  }

  /// `[channels, stride: 1]`
  private static func arguments(_ node: Node, _ block: String) throws(Problem) -> [Argument] {
    var entries: [(key: Node, value: Node?)] = []
    switch node {
    case .sequence(let sequence):
      for item in sequence {
        if case .mapping(let mapping) = item {
          entries += mapping.map { ($0.key, $0.value) }
        } else {
          entries.append((item, nil))
        }
      }
    case .mapping(let mapping): entries = mapping.map { ($0.key, $0.value) }
    case .scalar, .alias:
      throw Problem(node.place, "the arguments of '\(block)' are \(node.kindName); expected '[name, name: default]'")
    }
    guard entries.count <= mostArguments else {
      throw Problem(node.place, "block '\(block)' has more than \(mostArguments) arguments")
    }
    var arguments: [Argument] = []
    for (key, value) in entries {
      let name = try ModuleReader.name(key)
      guard !["in", "classes"].contains(name), !Signature.common.contains(name) else {
        throw Problem(key.place, "'\(name)' means something else and cannot be an argument of '\(block)'")
      }
      guard !arguments.contains(where: { $0.name == name }) else {
        throw Problem(key.place, "block '\(block)' has two arguments '\(name)'")
      }
      arguments.append(
        Argument(name: name, standard: try value.map { node throws(Problem) in try Value(node, Scope()) }))
    }
    return arguments
  }
}
