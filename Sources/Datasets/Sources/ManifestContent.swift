import Foundation

/// What a list of images says, before it is checked.
struct ManifestContent {
  private(set) var names: [String] = []
  private(set) var labels = ManifestLabels.numbers([])
  private(set) var labelNames: [String]?
  private(set) var root: String?

  /// Reads the JSON form.
  init(json bytes: [UInt8], path: String) throws(DatasetsError) {
    let form = #"expected {"image_names": ["a.jpg", …], "image_labels": [0, …]}"#
    let document: JSONManifest
    do {
      document = try JSONDecoder().decode(JSONManifest.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw DatasetsError(.corrupt, at: path, "\(Self.reason(error)); \(form)")
    } catch {
      throw DatasetsError(.corrupt, at: path, "is no JSON; \(form)")
    }
    guard document.imageNames.count == document.imageLabels.count else {
      throw DatasetsError(
        .corrupt, at: path,
        "lists \(document.imageNames.count) image_names but \(document.imageLabels.count) image_labels; each image needs "
          + "one label")
    }
    names = document.imageNames
    labels = document.imageLabels
    labelNames = document.labelNames ?? document.classNames
    root = document.root
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "has no '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "'\(printable(context.codingPath.map(\.stringValue).joined(separator: ".")))' is of another kind than expected"
    default: "is no JSON"
    }
  }

  /// Reads the tabular form.
  init(table bytes: [UInt8], separator: UInt8, path: String) throws(DatasetsError) {
    var columns: (name: Int, label: Int)?
    var width = 0
    var texts: [String] = []
    var table = try SeparatedValues(bytes, separator: separator, path: path)
    while let (line, fields) = try table.next() {
      guard let columns else {
        width = fields.count
        if let header = Self.header(fields) {
          columns = header
          continue
        }
        guard fields.count == 2 else {
          throw DatasetsError(
            .corrupt, at: path,
            "line \(line) has \(fields.count) columns, and none is called 'path' and 'label'; expected a header with those "
              + "names, or two columns, the image's path and its label")
        }
        columns = (0, 1)
        names.append(fields[0])
        texts.append(fields[1])
        continue
      }
      guard fields.count == width else {
        throw DatasetsError(
          .corrupt, at: path, "line \(line) has \(fields.count) columns; the lines before have \(width)")
      }
      names.append(fields[columns.name])
      texts.append(fields[columns.label])
    }
    let numbers = texts.map { Int($0) }
    labels = numbers.contains(nil) ? .names(texts) : .numbers(numbers.compactMap { $0 })
  }

  private static let pathColumns: Set = [
    "path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_name", "image_path", "img",
  ]
  private static let labelColumns: Set = ["label", "class", "class_name", "label_name", "target", "category"]

  /// Which columns a header names, if it is one.
  private static func header(_ fields: [String]) -> (name: Int, label: Int)? {
    let titles = fields.map { $0.lowercased().trimmingCharacters(in: .whitespaces) }
    guard let name = titles.firstIndex(where: pathColumns.contains),
      let label = titles.firstIndex(where: labelColumns.contains)
    else { return nil }
    return (name, label)
  }
}

/// The keys of the JSON form.
private struct JSONManifest: Decodable {
  let imageNames: [String]
  let imageLabels: ManifestLabels
  let labelNames, classNames: [String]?
  let root: String?

  enum CodingKeys: String, CodingKey {
    case imageNames = "image_names"
    case imageLabels = "image_labels"
    case labelNames = "label_names"
    case classNames = "class_names"
    case root
  }
}

/// The labels of a list: all numbers or all names.
enum ManifestLabels: Decodable {
  case numbers([Int])
  case names([String])

  /// So many classes may be without names: a number alone must not cost memory.
  static let mostUnnamed = 65_536

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let numbers = try? value.decode([Int].self) {
      self = .numbers(numbers)
    } else {
      self = .names(try value.decode([String].self))
    }
  }

  var count: Int {
    switch self {
    case .numbers(let numbers): numbers.count
    case .names(let names): names.count
    }
  }

  /// The label of each image, and what the labels are called.
  func numbered(
    by order: ClassOrder, names given: [String]?, path: String
  ) throws(DatasetsError) -> (labels: [Int32], classNames: [String]) {
    switch self {
    case .names(let texts):
      let classNames = given ?? order.sorted(Array(Set(texts)))
      let numbers = Dictionary(classNames.enumerated().map { ($0.element, Int32($0.offset)) }) { first, _ in first }
      let unknown = Set(texts).subtracting(numbers.keys)
      guard unknown.isEmpty else {
        throw DatasetsError(
          .classes, at: path, "has labels that its label_names lack: \(summary(of: order.sorted(Array(unknown))))")
      }
      return (texts.map { numbers[$0] ?? -1 }, classNames)
    case .numbers(let numbers):
      let limit = given?.count ?? Self.mostUnnamed
      if let wrong = numbers.first(where: { !(0..<limit).contains($0) }) {
        throw DatasetsError(
          .classes, at: path,
          "has the label \(wrong); expected labels from 0 to \(limit - 1)"
            + (given == nil ? ", or with 'label_names' as many as those name" : ", which label_names name"))
      }
      return (numbers.map { Int32($0) }, given ?? (0...(numbers.max() ?? 0)).map(String.init))
    }
  }
}
