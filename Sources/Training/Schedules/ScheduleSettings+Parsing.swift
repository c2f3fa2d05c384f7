extension ScheduleSettings {
  /// What `--schedule` says: a kind, `cosine`; several one after another with their epochs, `constant:5,cosine`; or
  /// several at once, `step*exponential`.
  public struct Shape: Sendable, Hashable {
    /// The kind.
    public let kind: Kind
    /// What a sequence or product is made of.
    public let stages: [Stage]

    /// A kind that is not made of others.
    public init(_ kind: Kind) {
      self.kind = kind
      stages = []
    }

    /// Reads it; `nil` when it makes no sense.
    public init?(_ text: String) {
      let parts = { (separator: Character) in
        text.split(separator: separator, omittingEmptySubsequences: false).map { Self.trimmed($0) }
      }
      if text.contains("*") {
        let kinds = parts("*").compactMap(Kind.init(simple:))
        guard kinds.count == parts("*").count else { return nil }
        self.init(.product, kinds.map { Stage($0) })
      } else if text.contains(",") || text.contains(":") {
        let stages = parts(",").compactMap(Stage.init(text:))
        guard stages.count == parts(",").count else { return nil }
        self.init(.sequence, stages)
      } else {
        guard let simple = Kind(simple: Self.trimmed(text[...])) else { return nil }
        self.init(simple)
      }
    }

    /// What ``init(_:)-(String)`` reads.
    public var text: String {
      switch kind {
      case .sequence:
        stages.map { stage in stage.kind.rawValue + (stage.epochs.map { ":\($0)" } ?? "") }.joined(separator: ",")
      case .product: stages.map(\.kind.rawValue).joined(separator: "*")
      default: kind.rawValue
      }
    }

    private static func trimmed(_ text: Substring) -> String {
      String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// The kind with what it is made of.
  public var shape: Shape {
    get { kind == .sequence || kind == .product ? Shape(kind, stages) : Shape(kind) }
    set { (kind, stages) = (newValue.kind, newValue.stages) }
  }
}

extension ScheduleSettings.Shape {
  fileprivate init(_ kind: ScheduleSettings.Kind, _ stages: [ScheduleSettings.Stage]) {
    self.kind = kind
    self.stages = stages
  }
}

extension ScheduleSettings.Kind {
  /// A kind that is not made of others.
  fileprivate init?(simple text: String) {
    guard let kind = Self(rawValue: text), kind != .sequence, kind != .product else { return nil }
    self = kind
  }
}

extension ScheduleSettings.Stage {
  /// `cosine`, or `cosine:5` for five epochs.
  fileprivate init?(text: String) {
    let words = text.split(separator: ":", omittingEmptySubsequences: false)
    guard words.count <= 2, let kind = ScheduleSettings.Kind(simple: String(words[0])) else { return nil }
    guard words.count == 2 else {
      self.init(kind)
      return
    }
    guard let epochs = Double(words[1]) else { return nil }
    self.init(kind, epochs: epochs)
  }
}
