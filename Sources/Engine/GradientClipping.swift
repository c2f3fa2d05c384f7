/// How large gradients may be when the optimizer takes them.
public enum GradientClipping: Sendable, Hashable {
  /// All gradients together are made no longer than this, as by `torch.nn.utils.clip_grad_norm_`: each is multiplied with
  /// min(1, limit / (‖g‖ + 1e-6)), where ‖g‖ is the Euclidean length of all that learn.
  case norm(Double)
  /// Each number is brought into −limit…limit, as by `torch.nn.utils.clip_grad_value_`.
  case value(Double)
}

/// What became of gradients that were kept.
public struct UpdateResult: Sendable, Hashable {
  /// The Euclidean length of all gradients before clipping; `nil` where it was not asked for. When it is not finite nothing
  /// was updated.
  public let gradientNorm: Double?
}
