/// Paths inside of a file, as symbolic links have them.
enum H5Path {
  private static let mostLinks = 16

  /// The dataset that a symbolic link means; `nil` when there is none, when the way leads in a circle or out of the file,
  /// and for groups, which would be listed twice.
  static func resolve(_ target: String, from group: [String], root: Int, _ source: H5Source) throws -> Int? {
    var rest = parts(target, from: group)
    var (address, place) = (root, [String]())
    var links = 0
    while let name = rest.popFirst() {
      try source.charge(256)
      let object = H5Entry<Never>.description(of: place)
      let header = try H5ObjectHeader(source, at: address, object: object)
      guard let link = try H5Link.all(of: header, source, object: object)?.first(where: { $0.name == name }) else {
        return nil
      }
      switch link.target {
      case .object(let next):
        address = next
        place.append(name)
      case .path(let other):
        links += 1
        guard links <= mostLinks else { return nil }
        rest = parts(other, from: place) + rest
        (address, place) = (root, [])
      case .outside: return nil
      }
    }
    let header = try H5ObjectHeader(source, at: address, object: target.terminalEscaped)
    return header.first(.layout) == nil ? nil : address
  }

  private static func parts(_ target: String, from group: [String]) -> ArraySlice<String> {
    let parts = target.split(separator: "/").map(String.init).filter { $0 != "." }
    return (target.hasPrefix("/") ? parts : group + parts)[...]
  }
}
