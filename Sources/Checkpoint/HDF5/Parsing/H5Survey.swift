import Tensors

/// One pass over the groups and datasets of a file.
struct H5Survey {
  /// What is done with what a checkpoint of our own never has.
  enum Manner {
    /// Everything but groups, tensors and attributes is refused.
    case strict
    /// What is not understood is left out, with a warning. Nothing is followed out of the file either way.
    case lenient
  }

  /// A group, a dataset, or something that is left unread.
  struct Object {
    /// The names of the links from the root down; empty for the root.
    let path: [String]
    let attributes: [H5Attribute]
    let kind: Kind
    /// Whether the bytes are also those of an object before.
    var isAlias = false

    enum Kind {
      case group
      case tensor(H5Dataset)
      case texts(Value)
      case unread(String)
    }

    /// `/net/features.0.weight`
    var description: String { H5Entry<Never>.description(of: path) }
  }

  private(set) var objects: [Object] = []
  private(set) var warnings: [String] = []
  private let source: H5Source
  private let manner: Manner
  private let attributes: H5Attribute.Reader
  private let root: Int
  /// The objects seen, by their address: a second way to one of them could make a circle, or a bomb.
  private var seen: [Int: String] = [:]
  private var emptyAllowance: Int
  private var aliasAllowance: Int

  /// Visits everything in a file.
  init(_ source: H5Source, _ manner: Manner) throws {
    self.source = source
    self.manner = manner
    attributes = H5Attribute.Reader(source: source, heap: H5GlobalHeap(source))
    root = try H5Superblock(source).root
    // What was never written takes no room in the file: a shape may claim anything.
    emptyAllowance = manner == .strict ? 0 : 64 << 20
    aliasAllowance = max(64 << 20, source.size)
    try visit(root, at: [], isAlias: false)
    try checkOverlaps()
  }

  private var deepest: Int { manner == .strict ? 32 : 100 }

  private func description(_ place: [String]) -> String { H5Entry<Never>.description(of: place) }

  private mutating func warn(_ text: String) {
    let most = 50
    if warnings.count < most { warnings.append(text) } else if warnings.count == most { warnings.append("and more") }
  }

  /// Refuses what is strictly wrong; otherwise says that it is left out.
  private mutating func leaveOut(_ code: CheckpointError.Code, _ text: String) throws {
    guard manner == .lenient else { throw CheckpointError(code, path: source.path, text) }
    warn(text)
  }

  private mutating func visit(_ address: Int, at place: [String], isAlias: Bool) throws {
    let object = description(place)
    guard place.count < deepest else {
      throw CheckpointError(.refused, path: source.path, "\(object): groups are nested deeper than \(deepest)")
    }
    try source.charge(256)
    guard objects.count < 4 * TensorCount.most else {
      throw CheckpointError(
        .refused, path: source.path,
        "the file has more than \(4 * TensorCount.most) groups and datasets, which this build does not read")
    }
    if manner == .strict, let other = seen[address] {
      return try leaveOut(.refused, "\(object) is another name for \(other); each may have only one")
    }
    let header = try H5ObjectHeader(source, at: address, object: object)
    if let links = try H5Link.all(of: header, source, object: object) {
      if let other = seen[address] {
        return try leaveOut(.refused, "\(object) is another name for \(other); each may have only one")
      }
      seen[address] = object
      let attributes = try H5Attribute.all(of: header, attributes, object: object)
      objects.append(Object(path: place, attributes: attributes, kind: .group))
      for link in links { try visit(link, at: place + [link.name]) }
    } else if header.first(.layout) != nil {
      let isKnown = seen[address] != nil
      seen[address] = object
      try visit(dataset: header, at: place, isAlias: isAlias || isKnown)
    } else {
      try leaveOut(.unsupported, "\(object) is neither a group nor a dataset")
    }
  }

  private mutating func visit(_ link: H5Link, at place: [String]) throws {
    let parent = description(place.dropLast())
    switch link.target {
    case .object(let address): try visit(address, at: place, isAlias: false)
    case .outside:
      throw CheckpointError(
        .refused, path: source.path,
        "'\(link.name.terminalEscaped)' in \(parent) is a link to another file; links are not followed")
    case .path(let target):
      let text = "'\(link.name.terminalEscaped)' in \(parent) is a symbolic link"
      guard manner == .lenient else {
        throw CheckpointError(.refused, path: source.path, text + "; links are not followed")
      }
      guard let address = try H5Path.resolve(target, from: Array(place.dropLast()), root: root, source) else {
        return warn("\(text) to \(target.terminalEscaped), where no dataset is; left out")
      }
      try visit(address, at: place, isAlias: true)
    }
  }

  private mutating func visit(dataset header: H5ObjectHeader, at place: [String], isAlias: Bool) throws {
    let object = description(place)
    let survey = H5DatasetSurvey(source: source, object: object, header: header)
    try survey.checkPlace()
    let attributes = try H5Attribute.all(of: header, attributes, object: object)
    let kind = try kind(survey, attributes, object, header)
    if case .tensor(let dataset) = kind, isAlias {
      // The same bytes under many names could claim far more memory than the file has.
      guard dataset.byteCount <= aliasAllowance else {
        throw CheckpointError(.refused, path: source.path, "\(object) is one of too many names for the same bytes")
      }
      aliasAllowance -= dataset.byteCount
    }
    objects.append(Object(path: place, attributes: attributes, kind: kind, isAlias: isAlias))
  }

  private mutating func kind(
    _ survey: H5DatasetSurvey, _ attributes: [H5Attribute], _ object: String, _ header: H5ObjectHeader
  ) throws -> Object.Kind {
    guard let extents = try survey.extents() else {
      try leaveOut(.unsupported, "\(object) has no elements and no shape (a null dataspace)")
      return .unread("no elements")
    }
    let type = try survey.type()
    guard let dtype = H5Survey.dtype(type, attributes) else {
      if manner == .lenient, let texts = try texts(survey, type, extents) { return .texts(texts) }
      try leaveOut(
        .unsupported, "the elements of \(object) are of a type that no tensor has\(H5Survey.name(of: type))")
      return .unread("no numbers")
    }
    let dataset = try survey.tensor(type, dtype, extents: extents, emptyAllowance: &emptyAllowance)
    if case .unreadable(let reason) = dataset.storage { try leaveOut(.unsupported, "\(object) \(reason)") }
    return .tensor(dataset)
  }

  /// The element type of a tensor; opaque bytes are what the attribute `dtype` says.
  private static func dtype(_ type: H5Datatype, _ attributes: [H5Attribute]) -> DType? {
    switch type {
    case .number(let dtype, _): return dtype
    case .opaque(let size):
      let name = attributes.first { $0.name == H5ElementType.nameAttribute }?.value?.string
      return name.flatMap(DType.init(rawValue:)).flatMap { H5ElementType.isOpaque($0) && $0.size == size ? $0 : nil }
    case .string, .variableString, .other: return nil
    }
  }

  private static func name(of type: H5Datatype) -> String {
    switch type {
    case .other(let name, _): " (\(name))"
    case .opaque: " (opaque bytes whose type nobody says)"
    case .string, .variableString: ", such as text"
    case .number: ""
    }
  }

  /// Texts that are a dataset; `nil` for other types.
  private func texts(_ survey: H5DatasetSurvey, _ type: H5Datatype, _ extents: [Int]) throws -> Value? {
    switch type {
    case .string, .variableString: break
    default: return nil
    }
    guard let count = Shape(checking: extents)?.count, let layout = survey.header.first(.layout) else { return nil }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: type.size)
    guard !overflow, byteCount <= source.size, byteCount <= 64 << 20 else { return nil }
    var cursor: H5Cursor
    switch try H5Layout(layout.data, rank: extents.count, object: survey.object) {
    case .compact(let bytes): cursor = H5Cursor(bytes, path: source.path, what: survey.object)
    case .contiguous(let address?, _): cursor = try source.cursor(byteCount, at: address, of: survey.object)
    case .contiguous, .chunked: return nil
    }
    guard let value = try H5Attribute.value(type, count, &cursor, attributes)?.value else { return nil }
    return extents.isEmpty ? value.elements?.first : value
  }

  /// Refuses tensors that share bytes: together they could claim far more memory than the file has.
  private func checkOverlaps() throws {
    var ranges: [(range: Range<Int>, object: Int)] = []
    for (index, object) in objects.enumerated() where !object.isAlias {
      guard case .tensor(let dataset) = object.kind else { continue }
      ranges += dataset.ranges.map { ($0, index) }
    }
    ranges.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (first, second) in zip(ranges, ranges.dropFirst()) where first.range.upperBound > second.range.lowerBound {
      let names = [first, second].map { objects[$0.object].description }
      throw CheckpointError(
        .refused, path: source.path, "\(names[0]) and \(names[1]) lie on the same bytes of the file")
    }
  }
}
