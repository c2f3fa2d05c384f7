/// How image files become pixels, where that is a choice: a part of every ``Preprocessing``, and so of every checkpoint.
public struct DecodingOptions: Sendable, Hashable {
  /// Whether images are turned as their EXIF orientation says, as Pillow's `ImageOps.exif_transpose` does. torchvision, and
  /// so the default, leaves them as they lie in the file.
  public var turnsByEXIF: Bool
  /// Whether a JPEG that is going to be made at least 2, 4 or 8 times smaller is decoded at a half, a quarter or an eighth of
  /// its size. Pixels of such an image differ a little from the default's: the coarse step averages squares of pixels, where
  /// Pillow's filter weighs them by a triangle. Of any JPEG what lies below the part that is needed is not read, so damage
  /// there is not found.
  public var reducesJPEG: Bool

  /// As torchvision decodes, unless told otherwise.
  public init(turnsByEXIF: Bool = false, reducesJPEG: Bool = false) {
    self.turnsByEXIF = turnsByEXIF
    self.reducesJPEG = reducesJPEG
  }
}
