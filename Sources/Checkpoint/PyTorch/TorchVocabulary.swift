import OrderedCollections
import Tensors

/// What PyTorch and numpy mean by their functions: tensors. Those found are noted down and stand in values by number.
struct TorchVocabulary: PickleVocabulary {
  /// How a file names what lies outside of its pickle.
  private enum Outside {
    /// Storages, by tuples.
    case storages
    /// Tensors that were read before, by numbers as texts: the oldest files.
    case tensors([String: TorchTensor])
  }

  private let outside: Outside
  /// The tensors, in the order in which they stand in the tree.
  private(set) var tensors: [TorchTensor] = []
  /// The storages that are named, each once.
  private(set) var storages: [TorchStorage] = []
  private var storageNumbers: [TorchStorage: Int] = [:]
  private var tensorNumbers: [String: Int] = [:]
  private var nameBytesLeft = PickleLimits.text
  private var regions: [PickleGraph.Index: ByteRegion] = [:]
  /// The versions of modules that dictionaries bear, by the dictionaries' places in the tree.
  private(set) var moduleVersions: [[String]: OrderedDictionary<String, Int>] = [:]
  private var versionsLeft = ModuleVersions.Budget()
  /// What could not be understood, for the user.
  private(set) var warnings: [String] = []

  /// A vocabulary of storages by tuples.
  init() { outside = .storages }

  /// A vocabulary of tensors that are known already, by the texts that name them.
  init(tensors: [String: TorchTensor], storages: [TorchStorage]) {
    outside = .tensors(tensors)
    self.storages = storages
  }

  mutating func meaning(
    of index: PickleGraph.Index, made call: PickleGraph.Call, in graph: PickleGraph, at place: [PicklePlace]
  ) throws -> PickleMeaning? {
    guard let callee = graph.global(call.callee), let arguments = graph.elements(call.arguments) else { return nil }
    switch callee.fullName {
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
      return try tensor(arguments, version: callee.name.last ?? " ", in: graph, at: place)
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
      "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "torch.nn.parameter._rebuild_parameter",
      "torch._utils._rebuild_device_tensor_from_numpy", "torch._utils._rebuild_device_tensor_from_cpu_tensor":
      return arguments.first.map { .same($0) }
    // What TorchScript says of the types of its lists and dictionaries.
    case "torch.jit._pickle.build_boollist", "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_intlist",
      "torch.jit._pickle.build_tensorlist", "torch.jit._pickle.restore_type_tag":
      return arguments.first.map { .same($0) }
    case "torch._tensor._rebuild_from_type_v2" where arguments.count >= 3:
      // The function that makes the tensor, its class, the function's arguments, and attributes.
      let inner = PickleGraph.Call(callee: arguments[0], arguments: arguments[2])
      guard let function = graph.global(arguments[0]), function.module == "torch._utils" else { return nil }
      return try meaning(of: index, made: inner, in: graph, at: place)
    case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "numpy.core.numeric._frombuffer",
      "numpy._core.numeric._frombuffer":
      return try array(call, arguments, in: graph, at: place)
    case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
      return try NumpyObject.scalar(arguments, in: graph).map { .value($0) }
    case "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_nested_tensor":
      warn(
        "'\(try path(of: place, in: graph).joined(separator: ".").terminalEscaped)' is a sparse or nested tensor: it is kept "
          + "as its parts, and no tensor bears its name; .to_dense() or .unbind() before saving makes tensors of it")
      return try PythonVocabulary.meaning(of: index, made: call, in: graph)
    case "collections.OrderedDict":
      if let versions = ModuleVersions.read(stateOf: call, in: graph, &versionsLeft) {
        moduleVersions[try path(of: place, in: graph)] = versions
      }
      return try PythonVocabulary.meaning(of: index, made: call, in: graph)
    default: return try PythonVocabulary.meaning(of: index, made: call, in: graph)
    }
  }

  mutating func meaning(
    ofPersistent id: PickleGraph.Index, in graph: PickleGraph, at place: [PicklePlace]
  ) throws -> PickleMeaning {
    if case .tensors(let known) = outside, let key = Self.key(id, in: graph) {
      guard let tensor = known[key] else {
        throw graph.error(.corrupt, "the object '\(key.terminalEscaped)' is named, and is not among the file's tensors")
      }
      if let number = tensorNumbers[key] { return .value(.tensor(number)) }
      tensorNumbers[key] = tensors.count
      return .value(.tensor(append(tensor.moved(to: try path(of: place, in: graph)))))
    }
    // A whole module came with its class's source: what counts is the class.
    if let parts = graph.elements(id), parts.count >= 2, graph.text(parts[0]) == "module" { return .same(parts[1]) }
    if case .tensors = outside, let parts = graph.elements(id), let first = parts.first { return .same(first) }
    let storage = try storage(id, in: graph)
    let name = "torch.\(storages[storage].className)"
    // A quantised tensor, or a storage that was saved by itself.
    warn(
      "'\(try path(of: place, in: graph).joined(separator: ".").terminalEscaped)' is left out: its "
        + "\(storages[storage].count) elements of \(name.terminalEscaped) belong to no tensor that zoo knows; "
        + "a quantised tensor can be saved with .dequantize()")
    return .value(
      .record(Value.Record(name, arguments: [.string(storages[storage].key), .integer(storages[storage].count)])))
  }

  /// A number as Python writes it, or the text of one.
  private static func key(_ index: PickleGraph.Index, in graph: PickleGraph) -> String? {
    graph.text(index) ?? graph.integer(index).map(String.init)
  }

  private mutating func append(_ tensor: TorchTensor) -> Int {
    tensors.append(tensor)
    return tensors.count - 1
  }

  // MARK: - Tensors

  /// `(storage, offset, size, stride[, requires_grad, hooks[, metadata]])`; version 3 has the element type before the
  /// metadata.
  private mutating func tensor(
    _ arguments: [PickleGraph.Index], version: Character, in graph: PickleGraph, at place: [PicklePlace]
  ) throws -> PickleMeaning? {
    let path = try path(of: place, in: graph)
    guard arguments.count >= (version == "3" ? 7 : 4), case .persistent(let id) = graph[arguments[0]].content,
      let start = graph.integer(arguments[1]), start >= 0,
      let sizes = graph.integers(arguments[2]), let strides = graph.integers(arguments[3]),
      sizes.count == strides.count
    else { throw Self.malformed(path, graph, "it has no storage, offset, shape and strides") }
    guard let shape = Shape(checking: sizes), sizes.count <= 64 else {
      throw Self.malformed(path, graph, "the shape \(sizes.prefix(64)) is more than memory could hold")
    }
    let storage = try storage(id, in: graph)
    var dtype = storages[storage].dtype
    var typeName = storages[storage].className
    if version == "3" {
      guard let type = graph.global(arguments[6]), type.module == "torch" else {
        throw Self.malformed(path, graph, "it has no element type")
      }
      dtype = TorchTypes.dtype(named: type.name)
      typeName = type.fullName
    }
    guard let dtype else {
      warn(
        "'\(path.joined(separator: ".").terminalEscaped)' is left out: no tensor here has elements of "
          + typeName.terminalEscaped)
      return .value(
        .record(Value.Record("torch.Tensor", arguments: [.string(typeName), .tuple(sizes.map { .integer($0) })])))
    }
    var tensor = TorchTensor(
      place: .storage(storage), dtype: dtype, shape: shape, strides: strides, start: start, path: path)
    let metadata = version == "3" ? 7 : 6
    if arguments.count > metadata, case .dictionary = graph[arguments[metadata]].content,
      graph[arguments[metadata]].items.count <= 64
    {
      let items = graph[arguments[metadata]].items
      for position in stride(from: 0, to: items.count - 1, by: 2) where graph.bool(items[position + 1]) == true {
        switch graph.text(items[position]) {
        case "conj": tensor.isConjugate = true
        case "neg": tensor.isNegative = true
        default: break
        }
      }
    }
    return .value(.tensor(append(tensor)))
  }

  /// A place as texts. Names are stored once in a file, and would be made for each tensor: there is a limit for all.
  private mutating func path(of place: [PicklePlace], in graph: PickleGraph) throws -> [String] {
    for case .key(let key) in place {
      switch graph[key].content {
      case .text(let range), .byteText(let range): nameBytesLeft -= range.count
      case .string(let text): nameBytesLeft -= text.utf8.count
      default: nameBytesLeft -= 1
      }
    }
    guard nameBytesLeft >= 0 else {
      throw graph.error(.refused, "the names of tensors take more than \(ByteCount.text(PickleLimits.text))")
    }
    return PicklePlace.names(place, in: graph)
  }

  private mutating func warn(_ text: String) {
    if warnings.count < 20 { warnings.append(text) }
  }

  private static func malformed(_ path: [String], _ graph: PickleGraph, _ message: String) -> CheckpointError {
    let name = path.joined(separator: ".").terminalEscaped
    return graph.error(.corrupt, "the tensor '\(name)' is damaged: \(message)")
  }

  /// `("storage", class, key, location, count[, view])`: the number of the storage.
  private mutating func storage(_ id: PickleGraph.Index, in graph: PickleGraph) throws -> Int {
    guard let parts = graph.elements(id), parts.count >= 5, graph.text(parts[0]) == "storage",
      let type = graph.global(parts[1]), let key = Self.key(parts[2], in: graph),
      let count = graph.integer(parts[4]), count >= 0
    else {
      throw graph.error(.corrupt, "something outside of the pickle is named that is no storage of PyTorch")
    }
    var (length, start) = (count, 0)
    // Files before PyTorch 0.4: this storage is a part of the one that the key names.
    if parts.count > 5, let view = graph.elements(parts[5]) {
      guard view.count == 3, let offset = graph.integer(view[1]), offset >= 0, let count = graph.integer(view[2]),
        count >= 0
      else {
        throw graph.error(.corrupt, "the storage '\(key.terminalEscaped)' is a part of another, and does not say which")
      }
      (length, start) = (count, offset)
    }
    return number(
      TorchStorage(
        key: key, dtype: TorchTypes.dtype(ofStorage: type.name), className: type.name, count: length, start: start))
  }

  private mutating func number(_ storage: TorchStorage) -> Int {
    if let number = storageNumbers[storage] { return number }
    storages.append(storage)
    storageNumbers[storage] = storages.count - 1
    return storages.count - 1
  }

  // MARK: - numpy

  private mutating func array(
    _ call: PickleGraph.Call, _ arguments: [PickleGraph.Index], in graph: PickleGraph, at place: [PicklePlace]
  ) throws -> PickleMeaning? {
    guard let array = NumpyObject.array(call, arguments, in: graph) else { return nil }
    let path = try path(of: place, in: graph)
    let bytes: TorchTensor.Place
    switch graph[array.bytes].content {
    case .bytes(let range), .byteText(let range): bytes = .pickle(range)
    default:
      if let region = regions[array.bytes] {
        bytes = .memory(region)
      } else {
        guard let copy = PythonVocabulary.bytes(array.bytes, in: graph) else { return nil }
        let region = ByteRegion(copying: copy)
        regions[array.bytes] = region
        bytes = .memory(region)
      }
    }
    let found =
      switch bytes {
      case .pickle(let range): range.count
      case .memory(let region): region.bytes.count
      case .storage: 0
      }
    guard let needed = array.shape.byteCount(of: array.dtype), needed == found else {
      throw Self.malformed(
        path, graph, "\(found) bytes are no \(array.dtype.rawValue) array of shape \(array.shape)")
    }
    var strides = TorchTensor.contiguousStrides(array.shape)
    if array.isFortran {
      var step = 1
      for axis in strides.indices {
        strides[axis] = step
        step = step &* max(array.shape[axis], 1)
      }
    }
    var tensor = TorchTensor(
      place: bytes, dtype: array.dtype, shape: array.shape, strides: strides, start: 0, path: path)
    tensor.isBigEndian = array.isBigEndian
    return .value(.tensor(append(tensor)))
  }
}
