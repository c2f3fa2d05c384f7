import CHDF5

/// An open object of the HDF5 library, which closes itself.
struct H5Handle: ~Copyable {
  /// The library's number for the object; valid as long as the handle lives.
  let id: Int64

  /// Takes over an object that a call has just opened.
  init(_ path: String, _ doing: @autoclosure () -> String, _ open: () -> hid_t) throws {
    id = try HDF5.call(path, doing(), open)
  }

  deinit {
    let id = id
    HDF5.attempt { _ = H5Idec_ref(id) }
  }

  /// Closes a file and says whether that worked: what was written may reach the disk only now.
  consuming func closeFile(_ path: String) throws {
    let id = id
    discard self
    _ = try HDF5.call(path, "close the file") { H5Fclose(id) }
  }

  /// A property list.
  static func properties(_ path: String, _ listClass: () -> hid_t) throws -> H5Handle {
    try H5Handle(path, "make a property list") { H5Pcreate(listClass()) }
  }
}
