import Checkpoint
import Layers
import Tensors
import Training
import Zoo

/// A model's layers with their costs, and how long they take where that was measured.
struct ModelTable {
  private let built: ModelOptions.Built
  private let costs: [NodeCost]
  private let profile: LayerProfile?
  private let parameters, parameterBytes, work, activationBytes: Int

  init(_ built: ModelOptions.Built, _ costs: [NodeCost], _ profile: LayerProfile?) {
    (self.built, self.costs, self.profile) = (built, costs, profile)
    parameters = built.graph.parameterCount
    parameterBytes = parameters * DType.float32.size
    work = costs.reduce(0) { $0 + $1.multiplyAccumulates }
    activationBytes = costs.reduce(0) { $0 + $1.activationByteCount }
  }

  // MARK: Text

  func lines(width: Int) -> [String] {
    var columns = [
      Table.Column(title: "Layer", flexibility: 2, keepsEnd: true), Table.Column(title: "Operation", flexibility: 1),
      Table.Column(title: "Output"), Table.Column(title: "Parameters", alignRight: true),
      Table.Column(title: "MACs", alignRight: true), Table.Column(title: "Memory", alignRight: true),
    ]
    if profile != nil {
      columns += [Table.Column(title: "ms", alignRight: true), Table.Column(title: "Share", alignRight: true)]
    }
    var table = Table(columns)
    for (index, (node, cost)) in zip(built.graph.nodes, costs).enumerated() {
      table.add(
        [
          node.name, node.operation.summary, cost.outputShape.compactDescription,
          cost.parameterCount == 0 ? "" : NumberText.grouped(cost.parameterCount),
          cost.multiplyAccumulates == 0 ? "" : NumberText.short(cost.multiplyAccumulates),
          cost.activationByteCount == 0 ? "" : NumberText.bytes(cost.activationByteCount),
        ] + (profile.map { timeCells($0.layers[index], $0) } ?? []))
    }
    if let profile, profile.other.total > 0 {
      table.add(["loss", "", "", "", "", ""] + timeCells(profile.other, profile))
    }
    let title = "\(built.entry.name): \(built.entry.summary)"
    var lines = TerminalText.wrapped(title, to: width) + TerminalText.wrapped(built.entry.source, to: width) + [""]
    lines += table.lines(width: width)
    lines.append("")
    lines += [
      "parameters   \(NumberText.grouped(parameters)) (\(NumberText.bytes(parameterBytes)) in float32)",
      "work         \(NumberText.grouped(work)) MACs for an image of \(built.input.compactDescription)",
      "activations  \(NumberText.bytes(activationBytes)) for each image",
    ]
    if let profile { lines += timeLines(profile) }
    if !built.entry.publishedWeights.isEmpty {
      var published = Table([
        Table.Column(title: "Published"), Table.Column(title: "Top-1", alignRight: true),
        Table.Column(title: "Top-5", alignRight: true), Table.Column(title: "File of torchvision"),
      ])
      for weights in built.entry.publishedWeights {
        published.add(
          [weights.tag] + [weights.top1, weights.top5].map { $0.map { NumberText.fixed($0, 2) } ?? "" } + [weights.file]
        )
      }
      lines += [""] + published.lines(width: width)
    }
    return lines
  }

  private func timeCells(_ time: LayerProfile.Time?, _ profile: LayerProfile) -> [String] {
    guard let time else { return ["", ""] }
    return [
      NumberText.fixed(time.total, 3), NumberText.percent(profile.total > 0 ? time.total / profile.total : 0, 1),
    ]
  }

  private func timeLines(_ profile: LayerProfile) -> [String] {
    let images = NumberText.count(profile.batchSize, "image")
    let kind = profile.mode == .train ? "step of training" : "inference"
    var parts = ""
    if profile.mode == .train {
      let times = profile.layers.compactMap { $0 } + [profile.other]
      func sum(_ part: KeyPath<LayerProfile.Time, Double>) -> String {
        NumberText.fixed(times.reduce(0) { $0 + $1[keyPath: part] }, 1)
      }
      parts = ": forward \(sum(\.forward)), backward \(sum(\.backward)), update \(sum(\.update))"
    }
    return [
      "time         \(NumberText.fixed(profile.total, profile.total < 10 ? 2 : 1)) ms, \(kind) of \(images), the median of "
        + "\(profile.passes)\(parts)"
    ]
  }

  // MARK: JSON

  var json: JSONValue {
    let layers = zip(built.graph.nodes, costs).enumerated().map { index, layer -> JSONValue in
      let (node, cost) = layer
      var value: JSONValue = [
        "name": .string(node.name), "operation": .string(node.operation.summary),
        "output": .array(cost.outputShape.dimensions.map { .integer($0) }),
        "parameters": .integer(cost.parameterCount), "macs": .integer(cost.multiplyAccumulates),
        "activation_bytes": .integer(cost.activationByteCount),
      ]
      if let profile { value["time"] = profile.layers[index].map { Self.json($0, profile) } ?? .null }
      return value
    }
    let tensors = built.graph.parameters.map { parameter -> JSONValue in
      [
        "name": .string(parameter.name), "shape": .array(parameter.shape.dimensions.map { .integer($0) }),
        "dtype": .string(parameter.dtype.rawValue), "role": .string(parameter.role.rawValue),
      ]
    }
    var value: JSONValue = [
      "name": .string(built.entry.name), "family": .string(built.entry.family),
      "summary": .string(built.entry.summary), "source": .string(built.entry.source),
      "input": .array(built.input.dimensions.map { .integer($0) }), "parameters": .integer(parameters),
      "parameter_bytes": .integer(parameterBytes), "macs": .integer(work),
      "activation_bytes": .integer(activationBytes), "layers": .array(layers), "tensors": .array(tensors),
      "published_weights": .array(built.entry.publishedWeights.map(\.json)),
    ]
    if let profile {
      value["profile"] = [
        "mode": .string(profile.mode.rawValue), "batch_size": .integer(profile.batchSize),
        "steps": .integer(profile.passes), "total_ms": .number(profile.total),
        "other": Self.json(profile.other, profile),
      ]
    }
    return value
  }

  private static func json(_ time: LayerProfile.Time, _ profile: LayerProfile) -> JSONValue {
    [
      "forward_ms": .number(time.forward), "backward_ms": .number(time.backward), "update_ms": .number(time.update),
      "total_ms": .number(time.total), "share": .number(profile.total > 0 ? time.total / profile.total : 0),
    ]
  }
}
