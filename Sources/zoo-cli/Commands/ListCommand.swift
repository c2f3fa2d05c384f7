import ArgumentParser
import Checkpoint
import Layers
import Tensors
import Zoo

/// `zoo list`
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the models that can be trained.",
    discussion: """
      Examples:
        zoo list
        zoo list resnet
        zoo list 'vgg*_bn' --json
      """)

  @Argument(help: "A part of the name, or a pattern with * and ?.")
  var pattern: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let matching = Registry.models.filter { entry in pattern.map { NamePattern($0).matches(entry.name) } ?? true }
    guard !matching.isEmpty else {
      throw CommandError("no model matches '\((pattern ?? "").terminalEscaped)'; 'zoo list' shows all")
    }
    let rows = try matching.map { entry in
      let graph = try entry.build()
      let work = try graph.multiplyAccumulates(input: [entry.inputChannels, entry.inputSize, entry.inputSize])
      return (entry, graph.parameterCount, work)
    }
    if json {
      let models = rows.map { entry, parameters, work -> JSONValue in
        [
          "name": .string(entry.name), "family": .string(entry.family), "summary": .string(entry.summary),
          "source": .string(entry.source), "parameters": .integer(parameters), "macs": .integer(work),
          "input_size": .integer(entry.inputSize), "input_channels": .integer(entry.inputChannels),
          "num_classes": .integer(entry.numClasses),
        ]
      }
      Output.line(JSONValue.array(models).text(indented: true))
      return
    }
    var table = Table([
      Table.Column(title: "Model"), Table.Column(title: "Parameters", alignRight: true),
      Table.Column(title: "MACs", alignRight: true), Table.Column(title: "Input", alignRight: true),
      Table.Column(title: "What it is", flexibility: 1),
    ])
    for (entry, parameters, work) in rows {
      table.add([
        entry.name, NumberText.grouped(parameters), NumberText.short(work),
        "\(entry.inputChannels)x\(entry.inputSize)x\(entry.inputSize)", entry.headline,
      ])
    }
    Output.lines(table.lines(width: Terminal.output.width))
  }
}

/// What a user types to choose names: a part of them, or a pattern of the whole with `*` and `?`. Case does not count.
struct NamePattern {
  private let letters: [Character]
  private let isPattern: Bool

  init(_ text: String) {
    letters = Array(text.lowercased())
    isPattern = text.contains { $0 == "*" || $0 == "?" }
  }

  func matches(_ name: String) -> Bool {
    let name = name.lowercased()
    guard isPattern else { return letters.isEmpty || name.contains(String(letters)) }
    return Self.matches(letters[...], Array(name)[...])
  }

  /// Goes back to the last star only, so that no pattern takes more than letters × name steps.
  private static func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
    var (p, n) = (pattern.startIndex, name.startIndex)
    var star: (pattern: Int, name: Int)?
    while n < name.endIndex {
      if p < pattern.endIndex, pattern[p] == "*" {
        star = (p, n)
        p += 1
      } else if p < pattern.endIndex, pattern[p] == "?" || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        p = last.pattern + 1
        n = last.name + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
