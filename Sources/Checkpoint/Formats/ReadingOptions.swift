/// How a file is opened.
public struct ReadingOptions: Sendable, Hashable {
  /// Whether calls that a pickle asks for, and that are not allowed, are shown as records where they are refused
  /// otherwise. Nothing is called either way.
  public var isInert: Bool

  /// Options; the defaults are for loading.
  public init(isInert: Bool = false) { self.isInert = isInert }
}

/// How a file is written.
public struct WritingOptions: Sendable, Hashable {
  /// How hard bytes are compressed, from 1 (fast) to 9 (small); `nil` for not at all. Only some formats can.
  public var compression: Int?
  /// How large one file of several may become, in bytes; `nil` for one file.
  public var shardByteCount: Int?

  /// What formats of Keras need to know of the net.
  public var keras: KerasHints

  /// Options; the defaults are one file, uncompressed.
  public init(compression: Int? = nil, shardByteCount: Int? = nil, keras: KerasHints = KerasHints()) {
    self.compression = compression
    self.shardByteCount = shardByteCount
    self.keras = keras
  }
}
