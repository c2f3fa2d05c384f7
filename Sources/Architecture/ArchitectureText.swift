import Checkpoint
import Layers
import Tensors
import Yams
import Zoo

/// An architecture that is described in YAML: what it is called, what it takes, and its layers.
struct ArchitectureText: Sendable {
  let name: String
  let summary: String
  let source: String
  let inputChannels: Int
  let inputSize: Int
  let classes: Int
  let evaluation: EvaluationPreset
  /// Whether the text itself says how images are prepared.
  let statesEvaluation: Bool
  /// The text itself.
  let definition: String

  private static let keys = [
    "name", "description", "source", "input", "classes", "init", "preprocessing", "blocks", "layers",
  ]

  /// Reads a text and builds its network once, with its own number of classes.
  /// - Parameter name: What it is called where it does not say so.
  init(_ text: String, name: String) throws(Problem) {
    let header = try Header(text)
    let input = try header.input()
    self.name = try header.name() ?? name
    summary = try header.text("description") ?? "A model of the user's own, described in YAML."
    source = try header.text("source") ?? "described in YAML"
    (inputChannels, inputSize) = input
    classes = try header.integer("classes", in: 1...1_000_000) ?? 1000
    evaluation = try header.preprocessing(input)
    statesEvaluation = header.entries["preprocessing"] != nil
    definition = text
    _ = try module(inputChannels: inputChannels, classes: classes, usesOwnInitializers: true)
  }

  /// The network.
  /// - Parameter usesOwnInitializers: Whether layers start as the text says, and not by PyTorch's defaults.
  func module(inputChannels: Int, classes: Int, usesOwnInitializers: Bool) throws(Problem) -> any Module {
    let header = try Header(definition)
    guard let layers = header.entries["layers"]?.value else { throw Problem(nil, "'layers' is missing") }
    var blocks: [String: Block] = [:]
    if let node = header.entries["blocks"]?.value { blocks = try Block.all(in: node) }
    var reader = ModuleReader(
      blocks: blocks, initializers: usesOwnInitializers ? try header.initializers() : ModuleReader.Initializers())
    let built = try reader.module(
      layers, Scope(values: ["classes": .integer(classes)]), at: ModulePath(),
      input: [inputChannels, inputSize, inputSize])
    guard built.output == [classes] else {
      throw Problem(
        layers.place,
        "the network gives \(ModuleReader.text(built.output)), and logits \(ModuleReader.text([classes])) are needed: end it with "
          + "Flatten and '{Linear: $classes}'")
    }
    guard reader.parameterCount > 0 else { throw Problem(layers.place, "the network has no parameters to train") }
    return built.module
  }

  /// The entries beside the layers.
  private struct Header {
    let entries: [String: (value: Node, place: Place?)]

    init(_ text: String) throws(Problem) {
      let root = try YAMLText.parse(text)
      guard case .mapping(let mapping) = root else {
        throw Problem(root.place, "is \(root.kindName); expected 'name:', 'input:', 'layers:' and their like")
      }
      var entries: [String: (value: Node, place: Place?)] = [:]
      for (key, value) in mapping {
        guard case .scalar(let scalar) = key, ArchitectureText.keys.contains(scalar.string) else {
          let near = nearestNames(to: key.string ?? "", among: ArchitectureText.keys).map { "'\($0)'" }
          throw Problem(
            key.place,
            "there is no key \(key.kindName); "
              + (near.isEmpty
                ? "there are \(ArchitectureText.keys.joined(separator: ", "))"
                : "did you mean \(near.joined(separator: " or "))?"))
        }
        entries[scalar.string] = (value, key.place)
      }
      guard entries["layers"] != nil else { throw Problem(root.place, "'layers' is missing") }
      self.entries = entries
    }

    private func wrong(_ key: String, _ node: Node, _ expected: String) -> Problem {
      Problem(node.place, "'\(key)' is \(node.kindName); expected \(expected)")
    }

    func name() throws(Problem) -> String? {
      guard let (node, _) = entries["name"] else { return nil }
      guard let name = node.scalar?.string, ArchitectureText.isName(name) else {
        throw wrong("name", node, "up to 64 letters, digits and '_', '-' or '.'")
      }
      guard !Registry.models.contains(where: { $0.name == name }) else {
        throw Problem(node.place, "'\(name)' is a model of the registry; give the architecture another name")
      }
      return name
    }

    func text(_ key: String) throws(Problem) -> String? {
      guard let (node, _) = entries[key] else { return nil }
      guard let text = node.scalar?.string, !text.isEmpty, text.utf8.count <= 1000 else {
        throw wrong(key, node, "a text of up to 1000 bytes")
      }
      return text.split(whereSeparator: \.isNewline).joined(separator: " ").terminalEscaped
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
      try entries[key].map { entry throws(Problem) in try integer(key, entry.value, in: range) }
    }

    private func integer(_ key: String, _ node: Node, in range: ClosedRange<Int>) throws(Problem) -> Int {
      guard case .scalar = node, case .integer(let number) = try Value(node, Scope()), range.contains(number) else {
        throw wrong(key, node, "a whole number in \(range.lowerBound)...\(range.upperBound)")
      }
      return number
    }

    /// `{channels: 3, size: 224}`
    func input() throws(Problem) -> (channels: Int, size: Int) {
      guard let (node, _) = entries["input"] else { return (3, 224) }
      var (channels, size) = (3, 224)
      guard case .mapping(let mapping) = node else { throw wrong("input", node, "'{channels: 3, size: 224}'") }
      for (key, value) in mapping {
        switch key.string {
        case "channels": channels = try integer("channels", value, in: 1...4096)
        case "size": size = try integer("size", value, in: 1...4096)
        default: throw Problem(key.place, "'input' has \(key.kindName); it has 'channels' and 'size'")
        }
      }
      return (channels, size)
    }

    /// How convolutions and fully connected layers start.
    func initializers() throws(Problem) -> ModuleReader.Initializers {
      guard let (node, _) = entries["init"] else { return ModuleReader.Initializers() }
      let gain = 2.0.squareRoot()
      switch node.scalar?.string {
      case "torch": return ModuleReader.Initializers()
      case "kaiming_normal":
        return ModuleReader.Initializers(
          conv: LayerInitializer(weight: .kaimingNormal(.fanOut, gain: gain), bias: .constant(0)))
      case "kaiming_uniform":
        return ModuleReader.Initializers(
          conv: LayerInitializer(weight: .kaimingUniform(.fanIn, gain: gain), bias: .constant(0)))
      case "xavier_uniform":
        let scheme = LayerInitializer(weight: .xavierUniform, bias: .constant(0))
        return ModuleReader.Initializers(conv: scheme, linear: scheme)
      default: throw wrong("init", node, "torch, kaiming_normal, kaiming_uniform or xavier_uniform")
      }
    }

    /// `{resize: 256, crop: 224, mean: [...], std: [...], interpolation: bilinear}`
    func preprocessing(_ input: (channels: Int, size: Int)) throws(Problem) -> EvaluationPreset {
      let half = Array(repeating: 0.5, count: input.channels)
      guard let (node, _) = entries["preprocessing"] else {
        return EvaluationPreset(resize: .squash(input.size), crop: input.size, mean: half, std: half)
      }
      guard case .mapping(let mapping) = node else {
        throw wrong("preprocessing", node, "'{resize: 256, crop: 224, mean: [...], std: [...]}'")
      }
      var (resize, crop): (EvaluationPreset.Resize?, Int?)
      var (mean, std) = (half, half)
      var interpolation = EvaluationPreset.Interpolation.bilinear
      for (key, value) in mapping {
        switch key.string {
        case "resize", "squash":
          guard resize == nil else {
            throw Problem(key.place, "'preprocessing' has both 'resize' and 'squash'; give one of them")
          }
          let isSquash = key.string == "squash"
          let side = try integer(isSquash ? "squash" : "resize", value, in: 1...4096)
          resize = isSquash ? .squash(side) : .shortSide(side)
        case "crop": crop = try integer("crop", value, in: 1...4096)
        case "mean": mean = try numbers("mean", value, input.channels) { $0.isFinite }
        case "std": std = try numbers("std", value, input.channels) { $0 > 0 && $0.isFinite }
        case "interpolation":
          guard let found = value.scalar.flatMap({ EvaluationPreset.Interpolation(rawValue: $0.string) }) else {
            throw wrong("interpolation", value, "bilinear or bicubic")
          }
          interpolation = found
        default:
          throw Problem(
            key.place, "'preprocessing' has \(key.kindName); it has resize or squash, crop, mean, std and interpolation"
          )
        }
      }
      return EvaluationPreset(
        resize: resize ?? .squash(crop ?? input.size), crop: crop ?? input.size, mean: mean, std: std,
        interpolation: interpolation)
    }

    private func numbers(
      _ key: String, _ node: Node, _ count: Int, _ isAllowed: (Double) -> Bool
    ) throws(Problem) -> [Double] {
      let expected = "\(count) numbers, one for each channel" + (key == "std" ? ", above 0" : "")
      guard case .sequence = node, case .list(let values) = try Value(node, Scope()), values.count == count else {
        throw wrong(key, node, expected)
      }
      var numbers: [Double] = []
      for value in values {
        switch value {
        case .integer(let number) where isAllowed(Double(number)): numbers.append(Double(number))
        case .number(let number) where isAllowed(number): numbers.append(number)
        default: throw wrong(key, node, expected)
        }
      }
      return numbers
    }
  }

  /// Whether a text can be the name of a model.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64 && !text.hasPrefix("-") && !text.hasPrefix(".")
      && text.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
          || "_-.".unicodeScalars.contains($0)
      }
  }
}
