/// How a convolution is computed. All give the same result but for the last bits.
public enum ConvolutionAlgorithm: String, Sendable, Hashable, Codable, CaseIterable {
  /// Every product as it stands, by oneDNN.
  case direct
  /// The same by our kernel for images of few channels, on processors with AVX2 alone.
  case fewChannels = "few-channels"
  /// Winograd's minimal filtering (Lavin and Gray 2016), for kernels of 3×3 or 5×5 and stride 1.
  case winograd

  /// The algorithm of a kernel, by the name that ``Implementation`` has for it.
  init(implementation name: String) {
    self = name.contains("wino") ? .winograd : name == FirstConvolutionKernel.name ? .fewChannels : .direct
  }
}

extension Compiler {
  /// Whether a convolution may be computed by an algorithm: by the one that is asked for by its name, or else by any that
  /// the options allow.
  func allows(_ algorithm: ConvolutionAlgorithm, for module: String) -> Bool {
    // Winograd's transforms would have to be rounded in place of the factors, which is another and coarser thing.
    guard options.precision == .float32 else { return algorithm == .direct }
    if let wanted = options.algorithms[module] { return wanted == algorithm }
    return algorithm != .winograd || options.allowsWinograd
  }
}
