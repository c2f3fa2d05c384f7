import ArgumentParser
import Training

/// How image files become pixels; the checkpoint keeps it.
struct DecodingFlags: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "Turn images as their EXIF orientation says, here and wherever the checkpoint is used.")
  var exifOrientation = false

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Decode JPEGs at a half, a quarter or an eighth of their size where that is still enough, here and wherever the "
        + "checkpoint is used: faster, pixels differ a little."))
  var fastDecode = false

  /// Says so in settings.
  func apply(to settings: inout DataSettings) {
    settings.turnsByEXIF = exifOrientation
    settings.reducesJPEG = fastDecode
  }
}
