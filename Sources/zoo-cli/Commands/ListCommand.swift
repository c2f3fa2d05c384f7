import ArgumentParser
import Checkpoint
import Layers
import Tensors
import Zoo

/// `zoo list`
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the models that can be trained.",
    usage: "zoo list [<pattern>] [--family <name>] [--max-params <n>] [<options>]",
    discussion: """
      A MAC is one multiplication with its addition, for one image of the size that the model was made for. Top-1 and top-5 \
      are per cent of ImageNet's validation images, as torchvision publishes them for the weights of the last column: of \
      several, for those of this size that it recommends. 'zoo show MODEL' has them all, with their files.

      Examples:
        zoo list
        zoo list resnet
        zoo list 'vgg*_bn' --json
        zoo list --max-params 10M --max-macs 1G --sort top1 --reverse
        zoo list --family densenet --has-weights
      """)

  @Argument(help: "A part of the name, or a pattern with * and ?.")
  var pattern: String?

  @Option(help: ArgumentHelp("Only models of this family, or of those that a pattern matches.", valueName: "name"))
  var family: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Only models of at most so many parameters: 5000000, 25M, 1.2G.", valueName: "n"))
  var maxParams: ShortNumber?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Only models of at most so many MACs for an image: 600M, 4G.", valueName: "n"))
  var maxMacs: ShortNumber?

  @Flag(
    help:
      "Only models with weights: published by torchvision, or here ('zoo weights list', or those that come with zoo).")
  var hasWeights = false

  @Option(
    help: ArgumentHelp(
      "Sort by: \(ListedModel.Column.allCases.map(\.rawValue).joined(separator: ", ")). (default: by family)",
      valueName: "column"))
  var sort: ListedModel.Column?

  @Flag(help: "The other way round: the largest first.")
  var reverse = false

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Print a table of Markdown, as the documentation has it.")
  var markdown = false

  func validate() throws {
    guard !json || !markdown else { throw ValidationError("--json and --markdown exclude each other; leave one out") }
  }

  func run() throws {
    let named = try Registry.models(matching: pattern, family: family)
    let here = try Self.weightsHere()
    var listed = try named.map { try ListedModel($0, weightsHere: here[$0.name] ?? []) }
    if hasWeights { listed.removeAll { $0.entry.publishedWeights.isEmpty && $0.weightsHere.isEmpty } }
    listed.removeAll { model in
      maxParams.map { model.parameters > $0.value } ?? false || maxMacs.map { model.work > $0.value } ?? false
    }
    guard !listed.isEmpty else {
      throw CommandError(
        "of \(NumberText.count(named.count, "model"))\(pattern == nil && family == nil ? "" : " of that name") none is within "
          + "these limits; leave one of them out")
    }
    if let sort {
      listed = ListedModel.sorted(listed, by: sort, isReversed: reverse)
    } else if reverse {
      listed.reverse()
    }
    if json {
      Output.line(JSONValue.array(listed.map(\.json)).text(indented: true))
    } else if markdown {
      Output.lines(ListedModel.markdown(listed))
    } else {
      Output.lines(ListedModel.lines(listed, width: Terminal.output.width, showsWeightsHere: hasWeights))
    }
  }

  /// The names that stand for weights of each model: registered ones, and those that come with zoo.
  private static func weightsHere() throws -> [String: [String]] {
    var names: [String: [String]] = [:]
    for weights in try WeightStore.user().contents().weights {
      if let model = weights.model { names[model, default: []].append(weights.name) }
    }
    for name in ShippedModels.installed(beside: StoreOptions.defaultFolder).names {
      names[String(name.prefix { $0 != "@" }), default: []].append(name)
    }
    return names
  }
}

extension Registry {
  /// The models whose name and family are meant.
  /// - Throws: ``CommandError`` when there are none, with the nearest names.
  fileprivate static func models(matching pattern: String?, family: String?) throws -> [ModelEntry] {
    var found = models
    if let family {
      found = found.filter { NamePattern(family, isWhole: true).matches($0.family) }
      guard !found.isEmpty else {
        let families = families(of: models)
        let nearest = nearestNames(to: family, among: families)
        throw CommandError(
          "no family is called '\(family.terminalEscaped)'; "
            + (nearest.isEmpty
              ? "there are: \(families.joined(separator: ", "))"
              : "did you mean \(nearest.map { "'\($0)'" }.joined(separator: " or "))?"))
      }
    }
    if let pattern {
      let among = found
      found = among.filter { NamePattern(pattern).matches($0.name) }
      guard !found.isEmpty else {
        let names = among.map(\.name) + families(of: among)
        let nearest = nearestNames(to: pattern, among: names).map { "'\($0)'" }
        let guess = nearest.isEmpty ? "" : "did you mean \(nearest.joined(separator: " or "))? "
        throw CommandError("no model matches '\(pattern.terminalEscaped)'; \(guess)'zoo list' shows all")
      }
    }
    return found
  }

  /// The families, each once.
  private static func families(of models: [ModelEntry]) -> [String] {
    var families: [String] = []
    for entry in models where !families.contains(entry.family) { families.append(entry.family) }
    return families
  }
}

/// What a user types to choose names: a part of them, or a pattern of the whole with `*` and `?`. Case does not count.
struct NamePattern {
  private let letters: [Character]
  private let isPattern: Bool

  /// - Parameter isWhole: Whether a text without `*` and `?` means the whole name too.
  init(_ text: String, isWhole: Bool = false) {
    letters = Array(text.lowercased())
    isPattern = isWhole || text.contains { $0 == "*" || $0 == "?" }
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

/// A whole number as people write large ones: `5000000`, `600k`, `25M`, `1.2G`.
struct ShortNumber: ExpressibleByArgument {
  let value: Int

  init?(argument: String) {
    let units: [Character: Double] = ["k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9, "t": 1e12]
    let factor = argument.last.flatMap { units[Character($0.lowercased())] }
    let digits = factor == nil ? argument[...] : argument.dropLast()
    guard digits.first?.isASCII == true, digits.first?.isNumber == true,
      digits.allSatisfy({ $0.isNumber || $0 == "." }),
      let number = Double(digits), case let product = number * (factor ?? 1), product < 9e18
    else { return nil }
    value = Int(product.rounded(.down))
  }
}
