/// The formats of files that hold tensors. A file's format is known by its content, never by its name.
///
/// Raw values are what `zoo convert --to` takes and `zoo inspect` says.
public enum CheckpointFormat: String, Sendable, Hashable, CaseIterable {
  /// zoo's own HDF5 (`.h5`), which holds everything that a training needs to go on.
  case native = "zoo-checkpoint"
  /// PyTorch's zip archive since 1.6 (`.pth`, `.pt`, `.bin`).
  case pytorch
  /// PyTorch's stream of pickles before 1.6. Read only.
  case pytorchLegacy = "pytorch-legacy"
  /// PyTorch's tar archive before 0.1.10. Read only.
  case pytorchTar = "pytorch-tar"
  /// One safetensors file.
  case safetensors
  /// The index of safetensors in several files (`model.safetensors.index.json`).
  case safetensorsIndex = "safetensors-index"
  /// numpy's archive of arrays.
  case npz
  /// One numpy array.
  case npy
  /// Keras 3's weights (`.weights.h5`).
  case kerasWeights = "keras-weights"
  /// Weights of Keras before 3, alone or in a whole model (`.h5`).
  case kerasLegacy = "keras-legacy"
  /// Keras 3's archive of a whole model (`.keras`). Read only.
  case kerasArchive = "keras"
  /// HDF5 of anybody else; groups become parts of names. Read only.
  case hdf5
  /// The initialisers and constants of an ONNX model. Read only.
  case onnx
}
