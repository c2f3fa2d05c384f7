import Foundation

/// What one tar archive of samples holds: found by reading its headers and the labels, not the images.
///
/// A sample is a run of members whose names agree up to the first dot after the last slash, as WebDataset has it; what
/// follows the dot says what each is.
struct ShardIndex: Sendable {
  /// One sample.
  struct Sample: Sendable {
    let key: String
    let fileExtension: String
    let offset: Int
    let byteCount: Int
  }

  let path: String
  private(set) var samples: [Sample] = []
  /// The label of each sample as it is written.
  private(set) var labels: [String] = []

  private static let imageExtensions: Set = ["jpg", "jpeg", "png", "webp"]
  private static let labelKeys = ["label", "cls", "class"]
  private static let largestLabel = 4096
  private static let largestJSON = 1 << 20

  /// The members of the sample at hand, by what follows the dot, in lower case.
  private struct Group {
    var key: String
    var members: [String: Range<Int>] = [:]
  }

  /// Reads an archive's headers.
  /// - Throws: ``DatasetsError`` that names the archive and the sample: damage, or a sample without an image or a label.
  init(_ path: String) throws(DatasetsError) {
    self.path = path
    let file = try RandomAccessFile(path)
    var members = TarMembers(file)
    var group: Group?
    while let member = try members.next() {
      guard let (key, kind) = Self.parts(member.name) else { continue }
      if group?.key != key {
        if let group { try add(group, from: file) }
        group = Group(key: key)
      }
      guard group?.members.updateValue(member.range, forKey: kind) == nil else {
        throw DatasetsError(.corrupt, at: path, "the sample '\(printable(key))' has two members '.\(printable(kind))'")
      }
    }
    if let group { try add(group, from: file) }
  }

  /// The key and the rest of a name; nil for what is no part of a sample.
  private static func parts(_ name: String) -> (key: String, kind: String)? {
    if name.hasPrefix("__") && name.hasSuffix("__") { return nil }
    let start = name.utf8.lastIndex(of: UInt8(ascii: "/")).map(name.utf8.index(after:)) ?? name.startIndex
    guard let dot = name.utf8[start...].firstIndex(of: UInt8(ascii: ".")), dot > start else { return nil }
    // macOS leaves `._` files in archives too; they have no key. Others are compared as they are.
    return (String(name[..<dot]), name[name.utf8.index(after: dot)...].lowercased())
  }

  private mutating func add(_ group: Group, from file: RandomAccessFile) throws(DatasetsError) {
    func wrong(_ problem: String) -> DatasetsError {
      let found = group.members.keys.sorted().map { ".\($0)" }
      return DatasetsError(
        .corrupt, at: path, "the sample '\(printable(group.key))' \(problem); it has \(summary(of: found))")
    }
    let images = group.members.filter { Self.imageExtensions.contains($0.key) }
    guard let (kind, range) = images.first, images.count == 1 else {
      throw wrong(images.isEmpty ? "has no image (.jpg, .jpeg, .png or .webp)" : "has several images")
    }
    guard range.count <= FileBytes.largestFile else {
      throw wrong("has an image of \(range.count) bytes; at most \(FileBytes.largestFile) are read")
    }
    if let label = group.members["cls"] {
      guard label.count <= Self.largestLabel else { throw wrong("has a label of \(label.count) bytes") }
      let text = String(validating: try file.read(label), as: UTF8.self)
      guard let text = text?.trimmingCharacters(in: .whitespacesAndNewlines), !text.isEmpty else {
        throw wrong("has a .cls that is not text")
      }
      labels.append(text)
    } else if let json = group.members["json"] {
      guard json.count <= Self.largestJSON else { throw wrong("has a .json of \(json.count) bytes") }
      guard let text = Self.label(inJSON: try file.read(json)) else {
        throw wrong("has a .json without \(summary(of: Self.labelKeys)) that is a number or a name")
      }
      labels.append(text.trimmingCharacters(in: .whitespacesAndNewlines))
    } else {
      throw wrong("has no label (.cls, or .json with 'label')")
    }
    samples.append(Sample(key: group.key, fileExtension: kind, offset: range.lowerBound, byteCount: range.count))
  }

  private static func label(inJSON bytes: [UInt8]) -> String? {
    guard let values = try? JSONDecoder().decode(Values.self, from: Data(bytes)) else { return nil }
    return labelKeys.lazy.compactMap { values.labels[$0] }.first
  }

  /// The members of an object that may be labels.
  private struct Values: Decodable {
    var labels: [String: String] = [:]

    private struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Key.self)
      for name in ShardIndex.labelKeys {
        let key = Key(stringValue: name)
        labels[name] =
          (try? values.decode(Int.self, forKey: key)).map(String.init) ?? (try? values.decode(String.self, forKey: key))
      }
    }
  }
}
