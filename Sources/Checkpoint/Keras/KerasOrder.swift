import OrderedCollections
import Tensors

/// The tensors of a Keras file in the order of the model, by the names that its layers have.
struct KerasOrder {
  /// A tensor: its place among the file's tensors, and what it is called.
  struct Item {
    let index: Int
    let name: String
    /// Whether it is a variable of a layer; otherwise it is the optimizer's or something else.
    let isParameter: Bool
  }

  private(set) var items: [Item] = []
  private(set) var warnings: [String] = []
  private let file: FileContents
  private let layers: [String: Int]
  private var names: Set<String> = []
  private var placed: Set<Int> = []

  /// - Parameter layers: The names of the model's layers in order, where they are known; files list them by class.
  init(_ file: FileContents, _ format: CheckpointFormat, layers: [String] = []) {
    self.file = file
    self.layers = Dictionary(layers.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
    if format == .kerasLegacy { readLegacy() } else { readWeights() }
    // The optimizer's variables are numbered.
    let rest = file.tensors.filter { !placed.contains($0.index) && $0.path.first != KerasFile.zoo }
    for tensor in rest.sorted(by: { Self.number($0) < Self.number($1) }) {
      add(tensor.index, tensor.name, isParameter: false)
    }
  }

  private static func number(_ tensor: StoredTensor) -> (Int, Int) {
    (tensor.path.last.flatMap(Int.init) ?? -1, tensor.index)
  }

  private mutating func add(_ index: Int, _ name: String, isParameter: Bool) {
    guard placed.insert(index).inserted else { return }
    var unique = name
    // Two layers may have one name in nested models: the whole path tells them apart.
    if names.contains(unique) { unique = file.tensors[index].name }
    while !names.insert(unique).inserted { unique += "~" }
    items.append(Item(index: index, name: unique, isParameter: isParameter))
  }

  // MARK: Keras 3

  /// A layer's group: its variables by number, and the layers in it.
  private struct Group {
    var variables: [Int: Int] = [:]
    var members: OrderedDictionary<String, Group> = [:]

    mutating func add(_ index: Int, _ path: ArraySlice<String>) {
      if path.count == 2, path.first == KerasFile.variables, let last = path.last, let number = Int(last), number >= 0 {
        variables[number] = index
      } else if let first = path.first, path.count > 1 {
        members[first, default: Group()].add(index, path.dropFirst())
      }
    }
  }

  private mutating func readWeights() {
    var root = Group()
    for tensor in file.tensors where tensor.path.first != "optimizer" && tensor.path.first != KerasFile.zoo {
      root.add(tensor.index, tensor.path[...])
    }
    visit(root, path: [], names: [])
  }

  private mutating func visit(_ group: Group, path: [String], names: [String]) {
    let variables = group.variables.sorted { $0.key < $1.key }
    let className = KerasLayerKind.split(path.last ?? "").className
    let words = KerasLayerKind.names(of: className, count: variables.count)
    for (word, variable) in zip(words, variables) {
      add(variable.value, (names + [word]).joined(separator: "."), isParameter: true)
    }
    let members = group.members.map { key, member in
      let (className, number) = KerasLayerKind.split(key)
      let place = path + [key]
      let own = file.values(at: place + [KerasFile.variables, KerasFile.name])?.string ?? key
      return Member(
        group: member, place: place, name: own, key: (layers[own] ?? .max, className, number, key))
    }
    // The file lists members by name; Keras numbers the layers of a class in the order of the model.
    for member in members.sorted(by: { $0.key < $1.key }) {
      let isContainer = member.key.3 == KerasFile.layers || member.key.3 == KerasFile.oldLayers
      visit(member.group, path: member.place, names: isContainer ? names : names + [member.name])
    }
  }

  /// A layer in a group.
  private struct Member {
    let group: Group
    let place: [String]
    let name: String
    let key: (Int, String, Int, String)
  }

  // MARK: Before 3

  private mutating func readLegacy() {
    let root = file.tensors.contains { $0.path.first == KerasFile.modelWeights } ? [KerasFile.modelWeights] : []
    let places = Dictionary(file.tensors.map { ($0.path, $0.index) }) { first, _ in first }
    let depthwise = depthwiseLayers()
    for layer in file.texts(KerasFile.layerNames, at: root) {
      for weight in file.texts(KerasFile.weightNames, at: root + parts(layer)) {
        guard let index = places[root + parts(layer) + parts(weight)] else {
          warnings.append(
            "the layer '\(layer.terminalEscaped)' names the weights '\(weight.terminalEscaped)', which are not there")
          continue
        }
        var name = Self.name(of: weight, in: layer)
        if depthwise.contains(layer), name.hasSuffix(".kernel") { name = name.dropLast(6) + "depthwise_kernel" }
        add(index, name, isParameter: true)
      }
    }
  }

  /// The depthwise convolutions of the model: their weights are called like those of any other.
  private func depthwiseLayers() -> Set<String> {
    guard let text = file.values["model_config"]?.string, let json = try? JSONValue(parsing: text) else { return [] }
    let layers = json["config"]?["layers"]?.array ?? json["config"]?.array ?? []
    return Set(
      layers.filter { $0["class_name"]?.string == "DepthwiseConv2D" }.compactMap { $0["config"]?["name"]?.string })
  }

  private func parts(_ text: String) -> [String] { text.split(separator: "/").map(String.init) }

  /// `conv2d.kernel` for `sequential/conv2d/kernel:0` in the layer `conv2d`; `block.conv.kernel` for `conv/kernel` in the
  /// layer `block`, which is a model of its own.
  private static func name(of weight: String, in layer: String) -> String {
    let parts = weight.split(separator: "/").map { part in
      String(part.hasSuffix(":0") ? part.dropLast(2) : part)
    }
    let inner = parts.dropLast().last
    let middle = inner == nil || inner == layer ? [] : [inner ?? ""]
    return ([layer] + middle + parts.suffix(1)).joined(separator: ".")
  }
}

extension FileContents {
  /// What stands at a path among the values.
  func values(at path: [String]) -> Value? {
    path.reduce(Optional(values)) { value, key in value?[key] }
  }

  /// Texts of an attribute, which is in parts (`names0`, `names1`, …) when it is too large for one.
  func texts(_ name: String, at path: [String]) -> [String] {
    guard let group = values(at: path) else { return [] }
    if let whole = group[name] { return whole.elements?.compactMap(\.string) ?? [] }
    var texts: [String] = []
    var number = 0
    while let part = group[name + "\(number)"] {
      texts += part.elements?.compactMap(\.string) ?? []
      number += 1
    }
    return texts
  }
}
