/// How many tensors a file may hold.
enum TensorCount {
  /// More are not read, in any format: what is said of each (its name, extents and place, in a plan and in the table that is
  /// printed) takes one to two kilobytes on its way through a conversion, and the memory for all has a limit. The largest
  /// nets for images with their optimizer have ten thousand.
  static let most = 1 << 15
}
