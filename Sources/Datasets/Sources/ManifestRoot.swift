/// The folder that a list's images lie in, and the check that none leads out of it.
struct ManifestRoot {
  /// The folder, with a slash at its end; empty for the current folder.
  let folder: String
  private let manifest: String
  /// The folder's parts when its path is absolute.
  private let absoluteParts: [Substring]?

  /// - Parameters:
  ///   - chosen: The user's own word.
  ///   - listed: What the list says; it may only lead further down from the list's folder.
  ///   - manifest: The list's path.
  init(chosen: String?, listed: String?, manifest: String) throws(DatasetsError) {
    let own = manifest.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(manifest[...$0]) } ?? ""
    var folder = own
    if let chosen {
      folder = chosen
    } else if let listed, !listed.isEmpty {
      guard !listed.hasPrefix("/"), Self.staysInside(listed) else {
        throw DatasetsError(
          .argument, at: manifest,
          "puts its images in '\(printable(listed))', outside of its own folder; if you trust the list, name that folder "
            + "yourself as the root of the images")
      }
      folder = own + listed
    }
    if !folder.isEmpty && !folder.hasSuffix("/") { folder += "/" }
    self.folder = folder
    self.manifest = manifest
    absoluteParts = folder.hasPrefix("/") ? Self.parts(folder) : nil
  }

  /// Refuses names that lead out of the root.
  func check(_ names: [String]) throws(DatasetsError) {
    var first: (place: Int, name: String)?
    var count = 0
    for (place, name) in names.enumerated() where !isInside(name) {
      if first == nil { first = (place, name) }
      count += 1
    }
    guard let first else { return }
    throw DatasetsError(
      .argument, at: manifest,
      "image \(first.place + 1), '\(printable(first.name))', is not below '\(printable(folder.isEmpty ? "." : folder))'"
        + (count > 1 ? ", nor are \(count - 1) more" : "")
        + "; if you trust the list, name a folder that holds all as the root of the images, such as /")
  }

  private func isInside(_ name: String) -> Bool {
    guard !name.isEmpty, !name.utf8.contains(0) else { return false }
    guard name.hasPrefix("/") else { return Self.staysInside(name) }
    guard let absoluteParts, !Self.isOutside(Self.parts(name)) else { return false }
    return Self.parts(name).starts(with: absoluteParts)
  }

  private static func staysInside(_ path: String) -> Bool { !isOutside(parts(path)) }

  private static func isOutside(_ parts: [Substring]) -> Bool { parts.first == ".." }

  /// The parts of a path; `..` takes the part before it away, and stays where there is none.
  private static func parts(_ path: String) -> [Substring] {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." && !parts.isEmpty && parts.last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    return parts
  }
}
