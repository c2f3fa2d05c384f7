import OrderedCollections
import Tensors

/// The parameters and buffers of a net as they stand in a file's values.
struct TorchNet: Sendable {
  /// The tensors' numbers by state-dict name.
  private(set) var tensors: OrderedDictionary<String, Int> = [:]
  /// The names of buffers, when the file tells them from parameters.
  private(set) var buffers: Set<String>?
  /// What stands among the tensors and is none.
  private(set) var rest: [Value.Entry] = []
  /// What was done to the names, for the user.
  private(set) var notes: [String] = []
  /// What was taken out of the names.
  private var wrappers: ModuleWrappers?

  /// A state dict: a dictionary of texts most of whose values are tensors; `nil` for anything else.
  /// - Parameters:
  ///   - budget: A dictionary may stand in many places, and is looked at in each.
  ///   - isOwn: Whether zoo wrote it: names are then as they should be.
  init?(stateDict value: Value, budget: inout Value.Budget, isOwn: Bool = false) {
    guard let entries = value.entries, budget.take(entries.count) else { return nil }
    for entry in entries {
      guard case .string(let name) = entry.key else { return nil }
      if let tensor = entry.value.tensor { tensors[name] = tensor } else { rest.append(entry) }
    }
    guard !tensors.isEmpty || isOwn, rest.count <= tensors.count else { return nil }
    if !isOwn { removeWrappers() }
  }

  /// A whole module, by its class's attributes; `nil` when the value is no module. Its state dict is what PyTorch would make
  /// of it: each module's parameters, then its buffers but those that are not to be saved, then the modules in it.
  init?(module value: Value, budget: inout Value.Budget) {
    guard Self.attributes(of: value) != nil else { return nil }
    var buffers: Set<String> = []
    // Modules that are still to be looked at, the next one last.
    var open: [(prefix: String, module: Value, depth: Int)] = [("", value, 0)]
    while let (prefix, module, depth) = open.popLast() {
      guard depth < 100, let attributes = Self.attributes(of: module), budget.take(1 + (attributes.entries?.count ?? 0))
      else { continue }
      let hidden = Set((attributes["_non_persistent_buffers_set"]?.elements ?? []).compactMap(\.string))
      for entry in attributes["_parameters"]?.entries ?? [] {
        guard let name = entry.key.string, let tensor = entry.value.tensor, budget.take() else { continue }
        tensors[prefix + name] = tensor
      }
      for entry in attributes["_buffers"]?.entries ?? [] {
        guard let name = entry.key.string, !hidden.contains(name), let tensor = entry.value.tensor, budget.take()
        else { continue }
        tensors[prefix + name] = tensor
        buffers.insert(prefix + name)
      }
      for entry in (attributes["_modules"]?.entries ?? []).reversed() {
        if let name = entry.key.string { open.append((prefix + name + ".", entry.value, depth + 1)) }
      }
    }
    guard !tensors.isEmpty else { return nil }
    self.buffers = buffers
    removeWrappers()
  }

  /// A module of TorchScript (`torch.jit.save`): its attributes stand in it by their names, modules and tensors alike; `nil`
  /// when the value is none. The program in the archive, which is not looked at, would tell parameters and buffers from other
  /// tensors.
  init?(script value: Value, budget: inout Value.Budget) {
    guard Self.scriptAttributes(of: value) != nil else { return nil }
    var open: [(prefix: String, module: Value, depth: Int)] = [("", value, 0)]
    while let (prefix, module, depth) = open.popLast() {
      guard depth < 100, let entries = Self.scriptAttributes(of: module), budget.take(1 + entries.count) else {
        continue
      }
      for entry in entries {
        if let name = entry.key.string, let tensor = entry.value.tensor { tensors[prefix + name] = tensor }
      }
      for entry in entries.reversed() where entry.value.tensor == nil {
        if let name = entry.key.string { open.append((prefix + name + ".", entry.value, depth + 1)) }
      }
    }
    guard !tensors.isEmpty else { return nil }
    notes.append(
      "the file is a program of TorchScript: of it only the tensors are read, all that its modules have as attributes")
    removeWrappers()
  }

  private static func scriptAttributes(of value: Value) -> [Value.Entry]? {
    guard case .record(let record) = value, record.className.hasPrefix("__torch__.") else { return nil }
    return record.state.entries
  }

  /// All tensors of a tree, each called by its path.
  init(all tensors: [TorchTensor]) {
    for (index, tensor) in tensors.enumerated() {
      self.tensors[tensor.path.isEmpty ? "tensor" : tensor.path.joined(separator: ".")] = index
    }
  }

  /// The attributes of a module: a record of a class that has them, or what its `__setstate__` would be given.
  private static func attributes(of value: Value) -> Value? {
    guard case .record(let record) = value else { return nil }
    let parts = record.state.entries == nil ? record.state.elements ?? [] : [record.state]
    return parts.first { $0["_modules"]?.entries != nil && $0["_parameters"]?.entries != nil }
  }

  // MARK: - Names

  private mutating func removeWrappers() {
    let wrappers = ModuleWrappers(Array(tensors.keys))
    guard !wrappers.found.isEmpty else { return }
    var renamed: OrderedDictionary<String, Int> = [:]
    for (name, tensor) in tensors { renamed[wrappers.unwrapped(name)] = tensor }
    // Two names that become one are both kept as they are.
    guard renamed.count == tensors.count else { return }
    tensors = renamed
    self.wrappers = wrappers
    buffers = buffers.map { Set($0.map(wrappers.unwrapped)) }
    notes.append(
      "'\(wrappers.found.joined(separator: "', '"))' was taken out of the names of parameters: a wrapper of PyTorch's put it "
        + "there")
  }

  /// The path of a module without what wrappers put into it; empty for the net itself.
  func module(_ path: String) -> String {
    guard let wrappers else { return path }
    // A module's name is that of anything in it, without its last part.
    return String(wrappers.unwrapped(path.isEmpty ? "_" : path + "._").dropLast(1)).droppingLastDot
  }

  /// The names of parameters, in the order in which `net.parameters()` gives them. Of tensors with several names it gives
  /// the first only.
  func parameterNames(_ all: [TorchTensor]) -> [String] {
    var seen: Set<StoragePart> = []
    return tensors.compactMap { name, index in
      let tensor = all[index]
      let isBuffer = buffers?.contains(name) ?? Self.looksLikeBuffer(name, tensor.dtype)
      guard !isBuffer else { return nil }
      if case .storage(let storage) = tensor.place, tensor.shape.count > 0 {
        let part = StoragePart(storage: storage, start: tensor.start, shape: tensor.shape, strides: tensor.strides)
        guard seen.insert(part).inserted else { return nil }
      }
      return name
    }
  }

  private struct StoragePart: Hashable {
    let storage: Int
    let start: Int
    let shape: Shape
    let strides: [Int]
  }

  /// Only real and complex numbers are trained; batch normalisation's statistics are not.
  private static func looksLikeBuffer(_ name: String, _ dtype: DType) -> Bool {
    let isNumber = dtype.isFloatingPoint || dtype == .complex64 || dtype == .complex128
    return !isNumber || ["running_mean", "running_var"].contains(name.split(separator: ".").last.map(String.init))
  }
}

extension String {
  fileprivate var droppingLastDot: String { hasSuffix(".") ? String(dropLast()) : self }
}

/// Modules that PyTorch wraps around others, and what they put into names.
struct ModuleWrappers {
  /// What always comes from a wrapper: compiled modules, shards, and checkpointing of activations.
  private static let certain: Set<Substring> = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"]
  private static let parallel: Substring = "module"
  /// Names of more parts are left alone.
  private static let deepest = 100
  private static let longest = 4096

  /// What was found, as it stands in names: `module.`.
  let found: [String]
  /// The names of modules (their parts joined by dots) whose only member is called `module`.
  private let parallelModules: Set<String>

  /// Looks at all names of a net. `module` may also be the name of an own part of a net: data parallel's wrapper is one that
  /// has nothing else in it.
  init(_ names: [String]) {
    var members: [String: Set<Substring>] = [:]
    var found: Set<String> = []
    for name in names {
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count <= Self.deepest, name.utf8.count <= Self.longest else { continue }
      var prefix = ""
      for (index, part) in parts.enumerated() {
        if Self.certain.contains(part) { found.insert(part + ".") }
        if index + 1 < parts.count || part != Self.parallel { members[prefix, default: []].insert(part) }
        // A parameter that is called so is no wrapper.
        if index + 1 == parts.count, part == Self.parallel { members[prefix, default: []].insert("") }
        prefix += (index == 0 ? "" : ".") + part
      }
    }
    parallelModules = Set(members.filter { $0.value == [Self.parallel] }.keys)
    if !parallelModules.isEmpty { found.insert("module.") }
    self.found = found.sorted()
  }

  /// A name without what wrappers put into it.
  func unwrapped(_ name: String) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard !found.isEmpty, parts.count <= Self.deepest, name.utf8.count <= Self.longest else { return name }
    var kept: [Substring] = []
    var prefix = ""
    for (index, part) in parts.enumerated() {
      let isWrapper = Self.certain.contains(part) || part == Self.parallel && parallelModules.contains(prefix)
      if !isWrapper || index + 1 == parts.count { kept.append(part) }
      prefix += (index == 0 ? "" : ".") + part
    }
    return kept.joined(separator: ".")
  }
}
