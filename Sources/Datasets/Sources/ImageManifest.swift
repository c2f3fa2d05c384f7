/// Images that a file lists with their labels.
///
/// - JSON: `{"image_names": ["cat/1.jpg", …], "image_labels": [0, …]}`; labels are numbers, or the names of classes.
///   `label_names` (or `class_names`) may name the numbers and `root` a folder that the images lie in.
/// - CSV, or TSV with tabs: a path and a label in each line, with a header that names the columns or with those two alone.
///
/// **Labels.** Numbers are kept as they are, as PyTorch takes them: the classes are 0 to the largest, named so unless names
/// are given. Names are numbered in the order of their code points, or in natural order.
///
/// **Paths.** Images lie below the root: the folder that the user names, else the list's own `root`, else the folder of the
/// list. A list is a stranger's word, so what leads out of the root is refused: `..` beyond it, an absolute path elsewhere,
/// a `root` of the list's own outside of the list's folder. Whoever trusts a list says so by naming the root, `/` at most.
/// Links are followed.
public struct ImageManifest: Dataset {
  /// A list that is longer than this is refused, in bytes.
  static let largestFile = 256 << 20

  /// The list.
  public let path: String
  /// The folder that the images' names begin at.
  public let root: String
  /// The name of each label.
  public let classNames: [String]
  private let names: [String]
  private let labels: [Int32]

  /// Reads a list; no image is opened. What the name ends in says the format: `.json`, `.csv` or `.tsv`.
  /// - Parameters:
  ///   - path: The list.
  ///   - root: The folder of the images, by the user's own word.
  ///   - order: How classes are numbered that have names only.
  /// - Throws: ``DatasetsError``: the list is not there, malformed or empty, or leads out of the root.
  public init(_ path: String, root: String? = nil, order: ClassOrder = .codePoint) throws(DatasetsError) {
    guard let format = Format(path) else {
      throw DatasetsError(.unsupported, at: path, "is no list of images: its name ends in none of .json, .csv, .tsv")
    }
    let bytes = try FileBytes.read(path, limit: Self.largestFile)
    let content =
      switch format {
      case .json: try ManifestContent(json: bytes, path: path)
      case .csv: try ManifestContent(table: bytes, separator: UInt8(ascii: ","), path: path)
      case .tsv: try ManifestContent(table: bytes, separator: UInt8(ascii: "\t"), path: path)
      }
    guard !content.names.isEmpty else { throw DatasetsError(.empty, at: path, "lists no images") }
    let place = try ManifestRoot(chosen: root, listed: content.root, manifest: path)
    try place.check(content.names)
    self.path = path
    self.root = place.folder
    names = content.names
    (labels, classNames) = try content.labels.numbered(by: order, names: content.labelNames, path: path) {
      content.place(of: $0)
    }
  }

  /// Whether a file is a list of images, by its name.
  public static func isManifest(_ path: String) -> Bool { Format(path) != nil }

  private enum Format: String, CaseIterable {
    case json, csv, tsv

    init?(_ path: String) {
      let name = path.lowercased()
      guard let format = Self.allCases.first(where: { name.hasSuffix(".\($0.rawValue)") }) else { return nil }
      self = format
    }
  }

  /// The number of images.
  public var count: Int { names.count }

  /// The class that the list says.
  public func label(of index: Int) -> Int32 { labels[index] }

  /// The path of an image.
  public func describe(_ index: Int) -> String { names[index].hasPrefix("/") ? names[index] : root + names[index] }

  /// The image's name in the list.
  public func identifier(of index: Int) -> String { names[index] }

  /// Reads an image's file.
  public func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    try FileBytes.read(describe(index), into: &content)
  }
}
