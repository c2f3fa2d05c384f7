/// A file of the MNIST family: unsigned bytes in 1 to 3 dimensions behind a short header, packed by gzip or not.
///
/// The header is 0, 0, the element type (8: unsigned byte), the number of dimensions, then each extent as a big-endian
/// 32-bit number (Y. LeCun et al., "The MNIST database", file format section).
struct IDXFile: Sendable {
  /// No more elements than this are read: 4 GiB.
  static let mostElements = 1 << 32

  let path: String
  let dimensions: [Int]

  /// Checks the header; no more than the file's beginning is read.
  init(_ path: String, rank: Int) throws(DatasetsError) {
    // gzip's own header holds at most a file name and a comment before the data.
    let (start, fileSize) = try FileBytes.prefix(1 << 16, of: path)
    let reader = GzipReader(start, path: path)
    let header = try reader.prefix(4 + 4 * rank)
    guard header.count >= 4, header[0] == 0, header[1] == 0 else {
      throw DatasetsError(
        .corrupt, at: path, "is no IDX file: it starts with \(header.prefix(4)), expected [0, 0, 8, \(rank)]")
    }
    guard header[2] == 8, header[3] == UInt8(rank) else {
      throw DatasetsError(
        .unsupported, at: path,
        "has element type \(header[2]) in \(header[3]) dimensions; expected unsigned bytes (8) in \(rank)")
    }
    guard header.count == 4 + 4 * rank else {
      throw DatasetsError(.corrupt, at: path, "ends within its header (\(header.count) of \(4 + 4 * rank) bytes)")
    }
    let dimensions = (0..<rank).map { axis in
      header[(4 + 4 * axis)..<(8 + 4 * axis)].reduce(0) { $0 << 8 | Int($1) }
    }
    var elements = 1
    for extent in dimensions {
      let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
      guard extent > 0, !overflow, product <= Self.mostElements else {
        throw DatasetsError(.corrupt, at: path, "announces \(dimensions) elements, which cannot be")
      }
      elements = product
    }
    guard elements + 4 + 4 * rank <= reader.mostUnpackedBytes(fileSize: fileSize) else {
      throw DatasetsError(
        .corrupt, at: path,
        "announces \(dimensions) elements, but is too short to hold them: fetch the file again")
    }
    self.path = path
    self.dimensions = dimensions
  }

  /// An unpacked file.
  struct Content: Sendable {
    /// Header and elements.
    let bytes: [UInt8]
    /// Where the elements start.
    let offset: Int
  }

  /// Reads and unpacks the whole file and verifies its checksum.
  func unpack() throws(DatasetsError) -> Content {
    let reader = GzipReader(try FileBytes.read(path), path: path)
    let offset = 4 + 4 * dimensions.count
    return Content(bytes: try reader.content(count: offset + dimensions.reduce(1, *)), offset: offset)
  }
}
