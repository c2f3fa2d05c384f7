extension CheckpointFormat {
  /// The format that the end of a file's name asks for when it is written: `.h5` is zoo's own, `.weights.h5` Keras'.
  public init?(fileName: String) {
    let name = fileName.lowercased()
    let endings: [(String, CheckpointFormat)] = [
      (".weights.h5", .kerasWeights), (".h5", .native), (".hdf5", .native), (".pth", .pytorch), (".pt", .pytorch),
      (".bin", .pytorch), (".safetensors.index.json", .safetensorsIndex), (".safetensors", .safetensors),
      (".npz", .npz), (".npy", .npy),
    ]
    guard let format = endings.first(where: { name.hasSuffix($0.0) })?.1 else { return nil }
    self = format
  }

  /// What it is, for people.
  public var title: String {
    switch self {
    case .native: "zoo's own HDF5"
    case .pytorch: "PyTorch"
    case .pytorchLegacy: "PyTorch before 1.6"
    case .pytorchTar: "PyTorch before 0.1.10"
    case .safetensors: "safetensors"
    case .safetensorsIndex: "safetensors in several files"
    case .npz: "numpy archive"
    case .npy: "numpy array"
    case .kerasWeights: "Keras 3 weights"
    case .kerasLegacy: "Keras weights before 3"
    case .kerasArchive: "Keras 3 model"
    case .hdf5: "HDF5"
    case .onnx: "ONNX"
    }
  }
}
