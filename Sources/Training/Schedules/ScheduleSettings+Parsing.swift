extension ScheduleSettings {
  /// What `--schedule` says: a kind, `cosine`; several one after another with their epochs, `constant:5,cosine`; or
  /// several at once, `step*exponential`. What is different for a part stands in brackets after its kind:
  /// `linear(from=0.1):5,cosine(min-lr=0.001)`.
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
      let products = Self.parts(of: text, at: "*")
      let sequence = Self.parts(of: text, at: ",")
      if products.count > 1 {
        let stages = products.compactMap(Stage.init(text:))
        guard stages.count == products.count, stages.allSatisfy({ $0.epochs == nil }) else { return nil }
        self.init(.product, stages)
      } else if sequence.count > 1 || text.contains(":") || text.contains("(") {
        let stages = sequence.compactMap(Stage.init(text:))
        guard stages.count == sequence.count else { return nil }
        self.init(.sequence, stages)
      } else {
        guard let simple = Kind(simple: Self.trimmed(text[...])) else { return nil }
        self.init(simple)
      }
    }

    /// What ``init(_:)-(String)`` reads.
    public var text: String {
      switch kind {
      case .sequence: stages.map(\.text).joined(separator: ",")
      case .product: stages.map(\.text).joined(separator: "*")
      default: kind.rawValue
      }
    }

    /// The pieces between separators that are in no brackets.
    fileprivate static func parts(of text: String, at separator: Character) -> [String] {
      var (parts, depth) = ([""], 0)
      for character in text {
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
        if character == separator, depth == 0 {
          parts.append("")
        } else {
          parts[parts.count - 1].append(character)
        }
      }
      return parts.map { trimmed($0[...]) }
    }

    /// Without spaces at both ends.
    private static func trimmed(_ text: Substring) -> String {
      var text = text
      while text.first == " " { text.removeFirst() }
      while text.last == " " { text.removeLast() }
      return String(text)
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
  /// `cosine`, `cosine:5` for five epochs, or `cosine(min-lr=0.001,epochs=4):5`.
  fileprivate init?(text: String) {
    typealias Shape = ScheduleSettings.Shape
    let words = Shape.parts(of: text, at: ":")
    guard words.count <= 2 else { return nil }
    var name = words[0]
    var said: [String] = []
    if let open = name.firstIndex(of: "(") {
      guard name.hasSuffix(")") else { return nil }
      said = Shape.parts(of: String(name[name.index(after: open)...].dropLast()), at: ",")
      name = String(name[..<open])
    }
    guard let kind = ScheduleSettings.Kind(simple: name) else { return nil }
    var epochs: Double?
    if words.count == 2 {
      guard let number = Double(words[1]) else { return nil }
      epochs = number
    }
    self.init(kind, epochs: epochs)
    for word in said { guard take(word) else { return nil } }
  }

  /// Takes `gamma=0.5` or `milestones=3;5`.
  private mutating func take(_ word: String) -> Bool {
    let sides = ScheduleSettings.Shape.parts(of: word, at: "=")
    guard sides.count == 2 else { return false }
    if sides[0] == Self.milestonesWord, kind == .multistep, milestones == nil {
      let numbers = ScheduleSettings.Shape.parts(of: sides[1], at: ";").map { Double($0) }
      milestones = numbers.compactMap(\.self)
      return milestones?.count == numbers.count
    }
    guard let option = Option(rawValue: sides[0]), Self.options(of: kind).contains(option), self[option] == nil,
      let value = Double(sides[1])
    else { return false }
    self[option] = value
    return true
  }

  /// What ``init(text:)`` reads.
  fileprivate var text: String {
    var said = Self.options(of: kind).compactMap { option in self[option].map { "\(option.rawValue)=\($0)" } }
    if let milestones { said.append("\(Self.milestonesWord)=" + milestones.map { "\($0)" }.joined(separator: ";")) }
    return kind.rawValue + (said.isEmpty ? "" : "(" + said.joined(separator: ",") + ")")
      + (epochs.map { ":\($0)" } ?? "")
  }

  private static let milestonesWord = "milestones"
}
