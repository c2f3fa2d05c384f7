import OrderedCollections

/// Tensors by name in a fixed order: PyTorch's `state_dict`.
public struct StateDict: Sendable, ExpressibleByDictionaryLiteral {
  private var tensors: OrderedDictionary<String, Tensor>

  /// An empty dictionary.
  public init() { tensors = [:] }

  /// Traps on a name that stands twice.
  public init(dictionaryLiteral elements: (String, Tensor)...) {
    tensors = OrderedDictionary(uniqueKeysWithValues: elements)
  }

  /// The names in order.
  public var names: [String] { Array(tensors.keys) }

  /// The number of tensors.
  public var count: Int { tensors.count }

  /// Whether there is no tensor.
  public var isEmpty: Bool { tensors.isEmpty }

  /// The number of elements of all tensors.
  public var elementCount: Int { tensors.values.reduce(0) { $0 + $1.count } }

  /// The shape of each tensor by name: what checkpoints and architectures compare.
  public var shapes: [String: Shape] {
    Dictionary(uniqueKeysWithValues: tensors.map { ($0.key, $0.value.shape) })
  }

  /// The tensor of a name. A new name goes last; `nil` removes.
  public subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set { tensors[name] = newValue }
  }

  /// The same tensors, those of them that `isIncluded`, in the same order.
  public func filter(_ isIncluded: (String, Tensor) throws -> Bool) rethrows -> StateDict {
    var result = StateDict()
    for (name, tensor) in tensors where try isIncluded(name, tensor) { result[name] = tensor }
    return result
  }
}

extension StateDict: Sequence {
  /// Names and tensors in order.
  public struct Iterator: IteratorProtocol {
    private var tensors: OrderedDictionary<String, Tensor>.Iterator

    fileprivate init(_ tensors: OrderedDictionary<String, Tensor>.Iterator) { self.tensors = tensors }

    /// The next name with its tensor.
    public mutating func next() -> (name: String, tensor: Tensor)? {
      tensors.next().map { (name: $0.key, tensor: $0.value) }
    }
  }

  /// Goes through the tensors in order.
  public func makeIterator() -> Iterator { Iterator(tensors.makeIterator()) }
}
