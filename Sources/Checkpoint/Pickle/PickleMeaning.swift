/// What an object of a pickle stands for, in terms of others that are not looked at yet.
enum PickleMeaning {
  /// A value that is known already.
  case value(Value)
  /// Whatever another object stands for.
  case same(PickleGraph.Index)
  case list([PickleGraph.Index])
  case tuple([PickleGraph.Index])
  case set([PickleGraph.Index])
  /// Keys and values by turns.
  case dictionary([PickleGraph.Index])
  /// An object of a class, with what was set in it.
  case record(String, arguments: [PickleGraph.Index], PickleGraph.Call, items: [PickleGraph.Index])
}

/// What a library means by its functions, classes, and names of things outside of the pickle.
protocol PickleVocabulary {
  /// What a made object stands for; `nil` for an object of a class that means nothing here, which becomes a record.
  /// - Parameter place: Where it stands in the tree.
  mutating func meaning(
    of index: PickleGraph.Index, made call: PickleGraph.Call, in graph: PickleGraph, at place: [PicklePlace]
  ) throws -> PickleMeaning?

  /// What something outside of the pickle stands for.
  mutating func meaning(
    ofPersistent id: PickleGraph.Index, in graph: PickleGraph, at place: [PicklePlace]
  ) throws -> PickleMeaning
}

/// One step from an object to another inside of it.
enum PicklePlace {
  /// What a dictionary has under a key.
  case key(PickleGraph.Index)
  /// What a list or tuple has at a position.
  case position(Int)

  /// The steps as texts, as ``StoredTensor/path`` has them.
  static func names(_ places: [PicklePlace], in graph: PickleGraph) -> [String] {
    places.map { place in
      switch place {
      case .position(let position): String(position)
      case .key(let key): graph.text(key, atMost: .max) ?? graph.integer(key).map(String.init) ?? "?"
      }
    }
  }
}
