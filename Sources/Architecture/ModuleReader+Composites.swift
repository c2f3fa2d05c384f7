import Layers
import Tensors
import Yams

extension ModuleReader {
  /// A module of others; `nil` when it is none.
  mutating func composite(
    _ call: Call, _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built? {
    let arguments = Arguments(call: call, scope: scope)
    switch call.name {
    case "Sequential":
      guard let layers = call.arguments["layers"] else { throw arguments.missing("layers") }
      return try module(layers, scope, at: path, input: input)
    case "Residual": return try residual(call, scope, at: path, input: input)
    case "LayerScale": return try layerScale(call, scope, at: path, input: input)
    case "Concat": return try branches(.concat, call, scope, at: path, input: input)
    case "Add": return try branches(.add, call, scope, at: path, input: input)
    case "Multiply": return try branches(.multiply, call, scope, at: path, input: input)
    case "SqueezeExcitation": return try squeezeExcitation(call, scope, at: path, input: input)
    default: return nil
    }
  }

  /// The sum of the input, or what a shortcut makes of it, and the body's result; both stand at the block's own path.
  private mutating func residual(
    _ call: Call, _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built {
    guard let bodyNode = call.arguments["body"] else {
      throw Arguments(call: call, scope: scope).missing("body")
    }
    let isChannelsLast = isChannelsLast
    let body = try module(bodyNode, scope, at: path, input: input)
    let endsChannelsLast = self.isChannelsLast
    self.isChannelsLast = isChannelsLast
    defer { self.isChannelsLast = endsChannelsLast }
    var short = Built(module: Sequential([]), output: input)
    if let shortcut = call.arguments["shortcut"] {
      guard call.arguments["projection"] == nil else {
        throw Problem(
          call.place,
          "Residual has a 'shortcut', which is always there, and a 'projection' for where the shape changes; give one")
      }
      short = try module(shortcut, scope, at: path, input: input)
    } else if let projection = call.arguments["projection"], body.output != input {
      short = try module(projection, scope, at: path, input: input)
    }
    guard short.output == body.output else {
      throw Problem(
        call.place,
        "\(path): the body gives \(Self.text(body.output)) and the shortcut \(Self.text(short.output)), which cannot be added; "
          + "'projection' says what brings the input to the body's shape where that changes")
    }
    let activation = try activation(call, "activation", scope)
    return Built(
      module: ResidualBlock(
        body: body.module, shortcut: short.module, activation: activation.map { ($0.className.lowercased(), $0) }),
      output: body.output)
  }

  /// A body's result times a learned number for each channel; the body stands at the module's own path.
  private mutating func layerScale(
    _ call: Call, _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built {
    let arguments = Arguments(call: call, scope: scope)
    guard let bodyNode = call.arguments["body"] else { throw arguments.missing("body") }
    let initial = try arguments.number("initial") ?? 1e-6
    let body = try module(bodyNode, scope, at: path, input: input)
    guard body.output.rank == 3, body.output[0] <= Arguments.mostFeatures, !isChannelsLast else {
      throw Problem(
        call.place,
        "\(path): LayerScale takes an image [N, C, H, W], but its body gives \(Self.text(body.output))\(channelsLastAdvice)"
      )
    }
    let channels = body.output[0]
    try claim(path.child("layer_scale"), call.place, parameters: channels)
    return Built(module: LayerScale(channels, initial: initial, body.module), output: body.output)
  }

  /// What to do about channels that stand last, where they do.
  var channelsLastAdvice: String { isChannelsLast ? ": put '{Permute: [0, 3, 1, 2]}' before" : "" }

  /// An activation that an argument names.
  private func activation(_ call: Call, _ name: String, _ scope: Scope) throws(Problem) -> Activation? {
    let arguments = Arguments(call: call, scope: scope)
    guard let value = try arguments.value(name), value != .none else { return nil }
    guard case .text(let text) = value, let found = Activation.allCases.first(where: { $0.className == text }) else {
      throw Problem(
        call.arguments[name]?.place ?? call.place,
        "'\(name)' of '\(call.name)' is \(value.description); expected one of "
          + Activation.allCases.map(\.className).joined(separator: ", "))
    }
    return found
  }

  private mutating func branches(
    _ junction: Branches.Junction, _ call: Call, _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built {
    guard let node = call.arguments["branches"] else { throw Arguments(call: call, scope: scope).missing("branches") }
    var branches: [(name: String, module: any Module)] = []
    var outputs: [Shape] = []
    let isChannelsLast = isChannelsLast
    for (index, item) in try items(of: node, call).enumerated() {
      let name = try item.key.map { key throws(Problem) in try Self.name(key) } ?? String(index)
      self.isChannelsLast = isChannelsLast
      let built = try module(item.value, scope, at: path.child(name), input: input)
      branches.append((name, built.module))
      outputs.append(built.output)
    }
    guard branches.count >= (junction == .concat ? 1 : 2) else {
      throw Problem(call.place, "\(path): \(call.name) joins branches, and has \(branches.count)")
    }
    guard junction != .concat || !self.isChannelsLast else {
      throw Problem(
        call.place,
        "\(path): Concat joins channels of images [N, C, H, W], but its branches give them last"
          + channelsLastAdvice)
    }
    let output: Shape
    do throws(LayersError) {
      output = try junction.output(of: outputs, at: path)
    } catch {
      throw Problem(call.place, error.description)
    }
    return Built(module: Branches(junction: junction, branches: branches), output: output)
  }

  /// Branches with their names, where they have some.
  private func items(of node: Node, _ call: Call) throws(Problem) -> [(key: Node?, value: Node)] {
    switch node {
    case .mapping(let mapping): return mapping.map { ($0.key, $0.value) }
    case .sequence(let sequence):
      var items: [(key: Node?, value: Node)] = []
      for item in sequence {
        if case .mapping(let mapping) = item, mapping.count == 1, let first = mapping.first,
          case .scalar(let scalar) = first.key, signature(scalar.string) == nil
        {
          items.append((first.key, first.value))
        } else {
          items.append((nil, item))
        }
      }
      return items
    case .scalar, .alias:
      throw Problem(
        node.place,
        "the branches of '\(call.name)' are \(node.kindName); expected a list of modules or of lists of modules")
    }
  }

  /// Hu et al. 2018 with convolutions: torchvision's `ops.SqueezeExcitation` and its names.
  private mutating func squeezeExcitation(
    _ call: Call, _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built {
    let arguments = Arguments(call: call, scope: scope)
    let width = try arguments.required("squeeze_channels")
    guard input.rank == 3, input[0] <= Arguments.mostFeatures, !isChannelsLast else {
      throw Problem(
        call.place,
        "\(path): SqueezeExcitation takes an image [N, C, H, W], but its input is \(Self.text(input))\(channelsLastAdvice)"
      )
    }
    let gate = NamedModules(children: [
      ("avgpool", AdaptiveAvgPool2d(1)), ("fc1", Conv2d(input[0], width, kernel: 1, initializer: initializers.conv)),
      ("activation", try activation(call, "activation", scope) ?? .relu),
      ("fc2", Conv2d(width, input[0], kernel: 1, initializer: initializers.conv)),
      ("scale_activation", try activation(call, "scale_activation", scope) ?? .sigmoid),
    ])
    try claim(path.child("fc1"), call.place, parameters: input[0] * width + width)
    try claim(path.child("fc2"), call.place, parameters: input[0] * width + input[0])
    return Built(module: Gated(gate: gate), output: input)
  }
}

/// The input times what a gate makes of it, at the gate's own path.
private struct Gated: Module {
  let gate: any Module

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.multiply, at: path, inputs: [input, gate.emit(into: &builder, at: path, input: input)])
  }
}

extension Branches.Junction {
  /// What comes of branches' results.
  fileprivate func output(of inputs: [Shape], at path: ModulePath) throws(LayersError) -> Shape {
    func joined(by operation: Layers.Operation) throws(LayersError) -> Shape {
      var shape = inputs[0]
      for next in inputs.dropFirst() { shape = try operation.result(for: [shape, next], at: path) }
      return shape
    }
    switch self {
    case .concat: return try Layers.Operation.concat.result(for: inputs, at: path)
    case .add: return try joined(by: .add)
    case .multiply: return try joined(by: .multiply)
    }
  }
}
