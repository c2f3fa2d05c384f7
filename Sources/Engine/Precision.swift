extension ExecutionOptions {
  /// The numbers that convolutions and linear layers multiply.
  ///
  /// With ``bfloat16`` the factors of their products are rounded to bfloat16, to the nearest and of two as near to the even
  /// one: images and activations, weights, and in the backward pass the gradients of their results. Products are summed in
  /// float32, and sums stay float32: activations between layers, gradients of parameters, and all that normalisation,
  /// pooling, the loss and the optimizer compute. So do the parameters; what a convolution reads is a copy, rounded anew
  /// after each update. Raw values are what the command line takes and settings keep.
  public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
    /// float32 throughout.
    case float32 = "fp32"
    /// bfloat16 by the processor's instructions for it.
    case bfloat16 = "bf16"
    /// The same numbers on every processor: float32 kernels are given factors that were rounded to bfloat16. Sums are added
    /// up in another order than ``bfloat16``'s, and subnormal factors count, which the instructions take for zero.
    case emulatedBFloat16 = "bf16-emulated"
  }
}

extension ExecutionOptions.Precision {
  /// Refuses what the processor cannot compute.
  /// - Throws: ``EngineError`` of code `device`.
  package func check() throws(EngineError) {
    guard self == .bfloat16, !Self.supportsBFloat16 else { return }
    throw EngineError(
      .device,
      "this processor has no bfloat16 (\(ExecutionOptions.platform)): '--precision bf16' needs AVX-512, and is fast with "
        + "avx512_core_bf16 or avx512_core_amx; '--precision bf16-emulated' computes the same on any processor, slower than "
        + "fp32, and '--precision fp32' does without")
  }

  /// Whether oneDNN makes bfloat16 kernels for this processor: asked by making those of a small network.
  static var supportsBFloat16: Bool { (try? BFloat16Trial()) != nil }
}
