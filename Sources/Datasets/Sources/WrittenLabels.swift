/// The labels of samples as a list or archives write them: all numbers, or all names.
enum WrittenLabels {
  case numbers([Int])
  case names([String])

  /// So many classes may be without names: a number alone must not cost memory.
  static let mostUnnamed = 65_536

  /// What texts mean: numbers when all are, otherwise names.
  ///
  /// Among numbers one text that is none would make names of them all, which are numbered otherwise (0, 1, 10, 11, 2): it is
  /// a slip of the pen, such as a space, an empty field, or `3.0` where a table had gaps, and is refused.
  /// - Parameters:
  ///   - texts: Without white space around them.
  ///   - place: Where the text of a number stands, for messages.
  /// - Throws: ``DatasetsError`` that names the first text that is empty, or is no number where most are.
  init(_ texts: [String], at place: (Int) -> String) throws(DatasetsError) {
    if let empty = texts.firstIndex(of: "") {
      throw DatasetsError(.corrupt, at: place(empty), "has no label; each image needs one")
    }
    let numbers = texts.map { Int($0) }
    guard let odd = numbers.firstIndex(of: nil) else {
      self = .numbers(numbers.compactMap { $0 })
      return
    }
    let likeNumbers = texts.count { Self.isLikeNumber($0) }
    guard likeNumbers <= texts.count - likeNumbers else {
      let others = likeNumbers - (Self.isLikeNumber(texts[odd]) ? 1 : 0)
      throw DatasetsError(
        .corrupt, at: place(odd),
        "has the label '\(printable(texts[odd]))', which is no whole number, while \(others) other labels are numbers; "
          + "correct it, or name all classes")
    }
    self = .names(texts)
  }

  /// Whether a text is a number, be it with a fraction of nothing (`3.0`).
  private static func isLikeNumber(_ text: String) -> Bool {
    Int(text) != nil || text.hasSuffix(".0") && Int(text.dropLast(2)) != nil
  }

  var count: Int {
    switch self {
    case .numbers(let numbers): numbers.count
    case .names(let names): names.count
    }
  }

  /// The label of each image, and what the labels are called.
  /// - Parameters:
  ///   - order: How names are numbered.
  ///   - given: The names of the classes, in their order, when they are said.
  ///   - path: The list, for messages; or the first of several archives.
  ///   - place: Where the label of a number stands.
  /// - Throws: ``DatasetsError`` for labels beyond the names or the limit, and names that cannot tell classes apart.
  func numbered(
    by order: ClassOrder, names given: [String]?, path: String, at place: (Int) -> String
  ) throws(DatasetsError) -> (labels: [Int32], classNames: [String]) {
    if let given { try ClassNames.check(given, at: path) }
    switch self {
    case .names(let texts):
      let classNames = if let given { given } else { try order.sorted(ClassNames.distinct(texts, at: path)) }
      let numbers = Dictionary(classNames.enumerated().map { ($0.element, Int32($0.offset)) }) { first, _ in first }
      let unknown = Set(texts).subtracting(numbers.keys)
      guard unknown.isEmpty else {
        throw DatasetsError(
          .classes, at: path, "has labels that its label_names lack: \(summary(of: order.sorted(Array(unknown))))")
      }
      return (texts.map { numbers[$0] ?? -1 }, classNames)
    case .numbers(let numbers):
      let limit = given?.count ?? Self.mostUnnamed
      if let wrong = numbers.firstIndex(where: { !(0..<limit).contains($0) }) {
        throw DatasetsError(
          .classes, at: place(wrong),
          "has the label \(numbers[wrong]); expected labels from 0 to \(limit - 1)"
            + (given == nil ? ", or with 'label_names' as many as those name" : ", which label_names name"))
      }
      return (numbers.map { Int32($0) }, given ?? (0...(numbers.max() ?? 0)).map(String.init))
    }
  }
}

extension WrittenLabels: Decodable {
  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let numbers = try? value.decode([Int].self) {
      self = .numbers(numbers)
    } else {
      self = .names(try value.decode([String].self))
    }
  }
}
