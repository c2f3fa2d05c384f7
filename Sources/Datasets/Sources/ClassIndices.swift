import Foundation

/// The names of labels as people keep them beside a network, in `class_indices.json`: `{"0": "daisy", "1": "dandelion"}`.
/// The other way round, torchvision's `class_to_idx`, is read too: `{"daisy": 0, "dandelion": 1}`.
public struct ClassIndices: Sendable, Hashable {
  /// What such a file is called.
  public static let fileName = "class_indices.json"
  /// A file that is longer than this is refused, in bytes.
  private static let largestFile = 16 << 20

  /// The name of each label.
  public let names: [String]

  /// Names in the order of their labels.
  public init(names: [String]) { self.names = names }

  /// Reads a file.
  /// - Throws: ``DatasetsError`` when it is not there or does not name labels 0 to its last, each once.
  public init(contentsOf path: String) throws(DatasetsError) {
    let form = #"expected {"0": "daisy", "1": "dandelion", …}"#
    let bytes = try FileBytes.read(path, limit: Self.largestFile)
    guard let entries = try? JSONDecoder().decode([String: Entry].self, from: Data(bytes)), !entries.isEmpty else {
      throw DatasetsError(.corrupt, at: path, "does not name classes; \(form)")
    }
    var names = [String?](repeating: nil, count: entries.count)
    for (key, entry) in entries {
      let (label, name) =
        switch entry {
        case .name(let name): (Int(key), name)
        case .label(let label): (Int?.some(label), key)
        }
      guard let label, names.indices.contains(label), names[label] == nil else {
        throw DatasetsError(
          .corrupt, at: path,
          "'\(printable(key))' is not one of its \(entries.count) labels, 0 to \(entries.count - 1), or is so twice; \(form)"
        )
      }
      names[label] = name
    }
    self.names = names.compactMap { $0 }
    guard Set(self.names).count == entries.count else {
      throw DatasetsError(.corrupt, at: path, "gives several labels the same name")
    }
  }

  private enum Entry: Decodable {
    case name(String)
    case label(Int)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let label = try? value.decode(Int.self) {
        self = .label(label)
      } else {
        self = .name(try value.decode(String.self))
      }
    }
  }

  /// The text of a file, as Python's `json.dumps(…, indent=4)` lays it out.
  public var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    let lines = names.enumerated().map { label, name in
      let quoted = (try? encoder.encode(name)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
      return "    \"\(label)\": \(quoted)"
    }
    return "{\n\(lines.joined(separator: ",\n"))\n}\n"
  }
}

extension ClassIndices {
  /// Writes a file, in one step.
  /// - Throws: ``DatasetsError`` that names the file.
  public func write(to path: String) throws(DatasetsError) { try FileBytes.write(Array(text.utf8), to: path) }
}

extension Dataset {
  /// Whether classes have numbers for names, so that something else may name them.
  var hasNumberedClasses: Bool { classNames.enumerated().allSatisfy { $0.element == String($0.offset) } }

  /// This dataset with the labels that `indices` says: classes are matched by name, or, where they are only numbers, named.
  /// - Throws: ``DatasetsError`` of code `classes` when the dataset has classes that `indices` lacks.
  public func named(by indices: ClassIndices) throws(DatasetsError) -> any Dataset {
    if hasNumberedClasses && classNames.count <= indices.names.count && !Set(indices.names).isSuperset(of: classNames) {
      return RelabeledDataset(self, classNames: indices.names, mapping: Array(0..<Int32(classNames.count)))
    }
    return try relabeled(to: indices.names)
  }
}
