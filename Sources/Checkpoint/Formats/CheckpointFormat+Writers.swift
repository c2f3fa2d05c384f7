extension CheckpointFormat {
  /// All writers, by the format that they write.
  private static let writers: [CheckpointFormat: @Sendable (WritingOptions) -> any FormatWriter] = [
    .native: { NativeWriter($0) },
    .kerasWeights: { KerasWriter(.kerasWeights, $0) },
    .kerasLegacy: { KerasWriter(.kerasLegacy, $0) },
    .safetensors: { SafetensorsWriter($0) },
    .safetensorsIndex: { SafetensorsIndexWriter($0) },
    .pytorch: { PyTorchWriter($0) },
    .npz: { NpzWriter($0) },
    .npy: { NpyWriter($0) },
  ]

  /// The formats that this build writes, in the order of their declaration.
  public static var writable: [CheckpointFormat] { allCases.filter { writers[$0] != nil } }

  /// Whether files of this format can be written.
  public var isWritable: Bool { Self.writers[self] != nil }

  /// A writer of this format; `nil` when it is only read.
  package func writer(_ options: WritingOptions = WritingOptions()) -> (any FormatWriter)? {
    Self.writers[self].map { $0(options) }
  }
}
