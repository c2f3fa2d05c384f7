import ArgumentParser
import Checkpoint
import Layers
import Tensors
import Zoo

/// `zoo show`
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a model's layers, shapes, parameters, work and memory.",
    usage: "zoo show <model> [--classes <n>] [--input-size <n>] [--json]",
    discussion: """
      A MAC is one multiplication with its addition; shapes and work are those of one image. Activations are the \
      results of all layers in float32, an upper bound of what training keeps for each image.

      Examples:
        zoo show alexnet
        zoo show resnet50 --classes 10 --input-size 128 --json
      """)

  @OptionGroup var options: ModelOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let built = try options.build()
    let costs = try built.graph.costs(input: built.input)
    Output.lines(json ? [try Self.json(built, costs).text(indented: true)] : Self.text(built, costs))
  }

  private static func text(_ built: ModelOptions.Built, _ costs: [NodeCost]) -> [String] {
    let width = Terminal.output.width
    var table = Table([
      Table.Column(title: "Layer", flexibility: 2), Table.Column(title: "Operation", flexibility: 1),
      Table.Column(title: "Output"), Table.Column(title: "Parameters", alignRight: true),
      Table.Column(title: "MACs", alignRight: true), Table.Column(title: "Memory", alignRight: true),
    ])
    for (node, cost) in zip(built.graph.nodes, costs) {
      table.add([
        node.name, OperationText.short(node.operation), cost.outputShape.compactDescription,
        cost.parameterCount == 0 ? "" : NumberText.grouped(cost.parameterCount),
        cost.multiplyAccumulates == 0 ? "" : NumberText.short(cost.multiplyAccumulates),
        cost.activationByteCount == 0 ? "" : NumberText.bytes(cost.activationByteCount),
      ])
    }
    let totals = Totals(built, costs)
    let title = "\(built.entry.name): \(built.entry.summary)"
    var lines = TerminalText.wrapped(title, to: width) + TerminalText.wrapped(built.entry.source, to: width) + [""]
    lines += table.lines(width: width)
    lines.append("")
    lines += [
      "parameters   \(NumberText.grouped(totals.parameters)) (\(NumberText.bytes(totals.parameterBytes)) in float32)",
      "work         \(NumberText.grouped(totals.work)) MACs for an image of \(built.input.compactDescription)",
      "activations  \(NumberText.bytes(totals.activationBytes)) for each image",
    ]
    return lines
  }

  private static func json(_ built: ModelOptions.Built, _ costs: [NodeCost]) throws -> JSONValue {
    let totals = Totals(built, costs)
    let layers = zip(built.graph.nodes, costs).map { node, cost -> JSONValue in
      [
        "name": .string(node.name), "operation": .string(OperationText.short(node.operation)),
        "output": .array(cost.outputShape.dimensions.map { .integer($0) }),
        "parameters": .integer(cost.parameterCount), "macs": .integer(cost.multiplyAccumulates),
        "activation_bytes": .integer(cost.activationByteCount),
      ]
    }
    let tensors = built.graph.parameters.map { parameter -> JSONValue in
      [
        "name": .string(parameter.name), "shape": .array(parameter.shape.dimensions.map { .integer($0) }),
        "dtype": .string(parameter.dtype.rawValue), "role": .string(parameter.role.rawValue),
      ]
    }
    return [
      "name": .string(built.entry.name), "family": .string(built.entry.family),
      "summary": .string(built.entry.summary), "source": .string(built.entry.source),
      "input": .array(built.input.dimensions.map { .integer($0) }), "parameters": .integer(totals.parameters),
      "parameter_bytes": .integer(totals.parameterBytes), "macs": .integer(totals.work),
      "activation_bytes": .integer(totals.activationBytes), "layers": .array(layers), "tensors": .array(tensors),
    ]
  }

  private struct Totals {
    let parameters, parameterBytes, work, activationBytes: Int

    init(_ built: ModelOptions.Built, _ costs: [NodeCost]) {
      parameters = built.graph.parameterCount
      parameterBytes = parameters * DType.float32.size
      work = costs.reduce(0) { $0 + $1.multiplyAccumulates }
      activationBytes = costs.reduce(0) { $0 + $1.activationByteCount }
    }
  }
}
