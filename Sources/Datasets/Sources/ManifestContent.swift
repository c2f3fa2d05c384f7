import Foundation

/// What a list of images says, before it is checked.
struct ManifestContent {
  private(set) var names: [String] = []
  private(set) var labels = WrittenLabels.numbers([])
  private(set) var labelNames: [String]?
  private(set) var root: String?
  private let path: String
  /// The line of each image in a table; empty for JSON.
  private var lines: [Int] = []

  /// Where the label of an image stands, for messages.
  func place(of image: Int) -> String {
    lines.isEmpty ? "\(path), image \(image + 1)" : "\(path), line \(lines[image])"
  }

  /// Reads the JSON form.
  init(json bytes: [UInt8], path: String) throws(DatasetsError) {
    self.path = path
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
    self.path = path
    var columns: (name: Int, label: Int)?
    var isHeaded = false
    var width = 0
    var texts: [String] = []
    var table = try SeparatedValues(bytes, separator: separator, path: path)
    while let (line, fields) = try table.next() {
      guard let columns else {
        width = fields.count
        if let header = Self.header(fields) {
          columns = header
          isHeaded = true
          continue
        }
        guard fields.count == 2 else {
          throw DatasetsError(
            .corrupt, at: path,
            "line \(line) has \(fields.count) columns, and none is called 'path' and 'label'; expected a header with those "
              + "names, or two columns, the image's path and its label")
        }
        columns = (0, 1)
        add(line, fields[0], fields[1], to: &texts)
        continue
      }
      guard fields.count == width else {
        throw DatasetsError(
          .corrupt, at: path, "line \(line) has \(fields.count) columns; the lines before have \(width)")
      }
      add(line, fields[columns.name], fields[columns.label], to: &texts)
    }
    if !isHeaded { try refuseUnknownHeader(texts) }
    labels = try WrittenLabels(texts) { place(of: $0) }
  }

  private mutating func add(_ line: Int, _ name: String, _ label: String, to texts: inout [String]) {
    lines.append(line)
    names.append(name)
    texts.append(label.trimmingCharacters(in: .whitespaces))
  }

  /// Refuses a first line that was taken for an image and is none: its name does not end as an image's, or its label is no
  /// number, while all others do or are.
  private func refuseUnknownHeader(_ texts: [String]) throws(DatasetsError) {
    guard names.count > 1 else { return }
    let isNumber = texts.map { Int($0) != nil }
    let isImage = names.map(ImageFormat.hasImageExtension)
    guard !isNumber[0] && !isNumber.dropFirst().contains(false) || !isImage[0] && !isImage.dropFirst().contains(false)
    else { return }
    throw DatasetsError(
      .corrupt, at: place(of: 0),
      "looks like a header, '\(printable(names[0]))' and '\(printable(texts[0]))', or is no image with a label like the "
        + "lines after it; call the columns 'path' and 'label', or correct it")
  }

  private static let pathColumns: Set = [
    "path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_name", "image_path", "img",
    "paths", "files", "filenames", "file_names", "filepaths", "file_paths", "images", "image_names", "image_paths",
    "imgs",
  ]
  private static let labelColumns: Set = [
    "label", "class", "class_name", "label_name", "target", "category",
    "labels", "classes", "class_names", "label_names", "targets", "categories", "image_label", "image_labels",
  ]

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
  let imageLabels: WrittenLabels
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
