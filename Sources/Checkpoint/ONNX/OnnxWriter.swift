package import OrderedCollections
import Tensors

/// Writes an ONNX model whose nodes another module has made: the tensors go into its graph one after the other, so that
/// no more than a few of them are ever in memory.
///
/// A message of 2 GiB or more cannot be read. The tensors of a larger model go into a file beside it that is called after
/// what it holds (`net-1f0c9a3e.onnx.data`), so that it never replaces the one that the model of before needs; that one is
/// removed when the new model has its name.
package struct OnnxWriter {
  /// The model (ModelProto) without its graph.
  private let model: [UInt8]
  /// The graph (GraphProto) without tensors.
  private let graph: [UInt8]
  private let tensors: OrderedDictionary<String, TensorSource>
  private let largestMessage: Int

  /// Protocol Buffers count bytes in 32 bits with a sign.
  package static let largestMessage = Int(Int32.max)
  /// Smaller tensors stay in the model: shapes of nodes are among them, which readers want at once.
  private static let leastExternal = 1024
  /// Where tensors of another file begin: readers map whole pages.
  private static let pageSize = 4096

  /// A model.
  /// - Parameters:
  ///   - model: The serialized model without its graph.
  ///   - graph: The serialized graph without tensors.
  ///   - tensors: What the graph is to have as initialisers, by name. Types that ONNX lacks are refused when writing.
  ///   - largestMessage: The bytes from which on tensors go into another file.
  package init(
    model: [UInt8], graph: [UInt8], tensors: OrderedDictionary<String, TensorSource>,
    largestMessage: Int = OnnxWriter.largestMessage
  ) {
    self.model = model
    self.graph = graph
    self.tensors = tensors
    self.largestMessage = largestMessage
  }

  /// Writes the model, and the file beside it where it needs one; both appear whole.
  /// - Returns: The names of the files, the model's first.
  /// - Throws: ``CheckpointError``.
  @discardableResult
  package func write(to path: String) throws -> [String] {
    let old = Self.externalFiles(of: path)
    let whole = try layout(path)
    guard whole.byteCount > largestMessage else {
      try publish(path, whole)
      Self.remove(old, besides: nil, of: path)
      return [FilePath.name(of: path)]
    }
    let dataName = "\(Self.stem(of: path))-\(try label()).onnx.data"
    let folder = Folder(path: FilePath.folder(of: path))
    let dataPath = folder.appending(dataName)
    let isNew = !FileStatus.exists(dataPath)
    let places = externalPlaces()
    do {
      try publish(dataPath, Layout(pieces: [], tensors: places, byteCount: Self.end(of: places)))
      try publish(path, layout(path, external: dataName))
    } catch {
      if isNew { folder.remove(dataName) }
      throw error
    }
    Self.remove(old, besides: dataName, of: path)
    return [FilePath.name(of: path), dataName]
  }

  /// What stands where in a file.
  private struct Layout {
    var pieces: [(offset: Int, bytes: [UInt8])]
    var tensors: [TensorPlacement]
    var byteCount: Int
  }

  /// The file of the model.
  /// - Parameter external: The file that has the larger tensors; they are in the model unless given.
  private func layout(_ path: String, external: String? = nil) throws -> Layout {
    var heads: [(head: [UInt8], source: TensorSource?)] = []
    var places: [String: Int] = [:]
    if external != nil { for (name, place) in zip(externalNames, externalPlaces()) { places[name] = place.offset } }
    var graphCount = graph.count
    for (name, source) in tensors {
      let place = places[name].flatMap { offset in external.map { ($0, offset) } }
      let message = try message(of: name, source, external: place, path)
      let count = message.count + (place == nil ? source.byteCount : 0)
      var head: [UInt8] = []
      head.append(field: 5, byteCount: count)
      head += message
      heads.append((head, place == nil ? source : nil))
      graphCount += head.count + (place == nil ? source.byteCount : 0)
    }
    var beginning = model
    beginning.append(field: 7, byteCount: graphCount)
    beginning += graph
    var layout = Layout(pieces: [(0, beginning)], tensors: [], byteCount: beginning.count)
    for (head, source) in heads {
      layout.pieces.append((layout.byteCount, head))
      layout.byteCount += head.count
      guard let source else { continue }
      layout.tensors.append(TensorPlacement(source: source, offset: layout.byteCount))
      layout.byteCount += source.byteCount
    }
    return layout
  }

  /// A tensor (TensorProto) up to its bytes.
  private func message(
    of name: String, _ source: TensorSource, external: (file: String, offset: Int)?, _ path: String
  ) throws -> [UInt8] {
    guard let type = OnnxType.number(of: source.dtype) else {
      throw CheckpointError(
        .unsupported, path: path, "ONNX has no type for '\(name.terminalEscaped)' of \(source.dtype.rawValue)")
    }
    var message: [UInt8] = []
    for extent in source.shape.dimensions { message.append(field: 1, extent) }
    message.append(field: 2, type)
    message.append(field: 8, bytes: name.utf8)
    guard let external else {
      message.append(field: OnnxType.Field.raw, byteCount: source.byteCount)
      return message
    }
    let properties = [
      ("location", external.file), ("offset", "\(external.offset)"), ("length", "\(source.byteCount)"),
    ]
    for (key, text) in properties {
      var property: [UInt8] = []
      property.append(field: 1, bytes: key.utf8)
      property.append(field: 2, bytes: text.utf8)
      message.append(field: 13, bytes: property)
    }
    message.append(field: 14, 1)
    return message
  }

  /// Writes a file, verifies it and gives it its name.
  private func publish(_ path: String, _ layout: Layout) throws {
    let publication = try Publication(of: path)
    do {
      let file = publication.file
      try file.reserve(layout.byteCount)
      for (offset, bytes) in layout.pieces { try bytes.withUnsafeBytes { try file.write($0, at: offset) } }
      let sums = try file.write(layout.tensors)
      try file.setSize(layout.byteCount)
      if !layout.pieces.isEmpty {
        let written = try OnnxReader(publication.temporary).contents.tensors.map(\.name)
        guard written == Array(tensors.keys) else { throw OpenFile.isAnother(path) }
      }
      try file.synchronize(checking: layout.tensors, against: sums)
      try publication.publish()
    } catch let error as CheckpointError where error.path == publication.temporary || error.path == path {
      throw publication.explained(error, path: path)
    }
  }
}

extension OnnxWriter {
  private var externalNames: [String] { tensors.filter { $0.value.byteCount >= Self.leastExternal }.map(\.key) }

  /// The larger tensors, each at a page of its own.
  private func externalPlaces() -> [TensorPlacement] {
    var offset = 0
    return externalNames.compactMap { name in
      guard let source = tensors[name] else { return nil }
      defer { offset += (source.byteCount + Self.pageSize - 1) / Self.pageSize * Self.pageSize }
      return TensorPlacement(source: source, offset: offset)
    }
  }

  private static func end(of places: [TensorPlacement]) -> Int {
    places.last.map { $0.offset + $0.source.byteCount } ?? 0
  }

  /// `net` for `out/net.onnx`.
  private static func stem(of path: String) -> String {
    let name = FilePath.name(of: path)
    return name.hasSuffix(".onnx") && name.count > 5 ? String(name.dropLast(5)) : name
  }

  /// Eight digits that stand for the tensors' names, shapes and bytes.
  private func label() throws -> String {
    var digest = CRC32()
    for (name, source) in tensors {
      Array("\(name)\0\(source.shape)\0".utf8).withUnsafeBytes { digest.update($0) }
      try source.forEachPiece { digest.update($0) }
    }
    let digits = String(digest.value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The files beside a model that hold its tensors; none when there is no such model.
  private static func externalFiles(of path: String) -> Set<String> {
    guard FileStatus.exists(path), let reader = try? OnnxReader(path) else { return [] }
    return reader.externalFiles
  }

  /// Removes files that the model of before needed, when this type had written them.
  private static func remove(_ names: Set<String>, besides kept: String?, of path: String) {
    let (stem, folder) = (stem(of: path), Folder(path: FilePath.folder(of: path)))
    for name in names where name != kept && name.hasPrefix(stem + "-") && name.hasSuffix(".onnx.data") {
      let label = name.dropFirst(stem.count + 1).dropLast(".onnx.data".count)
      if label.utf8.count == 8, UInt32(label, radix: 16) != nil { folder.remove(name) }
    }
  }
}
