import OrderedCollections
package import Tensors

/// An open HDF5 file of anybody: groups become parts of names, datasets tensors, attributes values.
package struct HDF5Reader: FormatReader {
  package let contents: FileContents
  private let datasets: [H5Dataset]
  private let file: OpenFile
  private let mapped: MappedFile

  /// Opens a file that has been recognised as HDF5.
  /// - Throws: ``CheckpointError``: what would have to be followed out of the file, and what claims more than the file can
  ///   hold, is refused.
  package init(_ path: String) throws {
    let source = try HDF5Opening.source(path)
    try self.init(source, survey: H5Survey(source, .lenient))
  }

  init(_ source: H5Source, survey: H5Survey) throws {
    var (tensors, datasets, values, warnings) = ([StoredTensor](), [H5Dataset](), ValueTree(), survey.warnings)
    var unread = 0
    for object in survey.objects {
      for attribute in object.attributes {
        if let value = attribute.value {
          values.set((object.path + [attribute.name])[...], value)
        } else {
          unread += 1
        }
      }
      switch object.kind {
      case .group: break
      case .texts(let texts): values.set(object.path[...], texts)
      case .unread: break
      case .tensor(let dataset):
        tensors.append(
          StoredTensor(
            index: tensors.count, path: object.path, dtype: dataset.dtype, shape: dataset.shape, offset: dataset.offset)
        )
        datasets.append(dataset)
      }
    }
    if unread > 0 {
      warnings.append("\(unread) attribute\(unread == 1 ? " is" : "s are") of a type that is not read, and left out")
    }
    contents = FileContents(
      format: .hdf5, producer: nil, byteCount: try source.file.size(), tensors: tensors, values: values.value,
      warnings: warnings)
    self.datasets = datasets
    file = source.file
    mapped = try MappedFile(file)
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    try reader(index).tensor(verifying: isVerifying)
  }

  package func isStreamed(_ index: Int) -> Bool { reader(index).isStreamed }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try reader(index).stream(verifying: isVerifying, body)
  }

  private func reader(_ index: Int) -> H5TensorReader {
    H5TensorReader(
      dataset: datasets[index], file: file, object: H5Entry<Never>.description(of: contents.tensors[index].path))
  }

  package func view(_ index: Int) throws -> Tensor {
    guard datasets[index].offset != nil else { return try read(index, verifying: false) }
    return mapped.tensor(contents.tensors[index])
  }

  /// All tensors as a net, by their path joined with dots.
  package func snapshot() throws -> LazySnapshot {
    var snapshot = LazySnapshot(net: [:])
    for tensor in contents.tensors {
      guard snapshot.net.updateValue(source(tensor.index), forKey: tensor.name) == nil else {
        throw CheckpointError(
          .invalid, path: file.path, "two tensors would have the name '\(tensor.name.terminalEscaped)'")
      }
    }
    return snapshot
  }
}
