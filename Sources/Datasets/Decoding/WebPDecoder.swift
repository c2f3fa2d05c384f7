import CWebP

/// WebP through libwebp: lossy, lossless, and the first frame of an animation.
enum WebPDecoder {
  /// Decodes a WebP to 3 channels; alpha is dropped, as Pillow's `convert("RGB")` does.
  /// - Returns: A view into `pixels`.
  static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, named name: String, into pixels: inout PixelMemory
  ) throws(DatasetsError) -> PixelView {
    var features = WebPBitstreamFeatures()
    let status = WebPGetFeatures(bytes.baseAddress, bytes.count, &features)
    guard status == VP8_STATUS_OK else { throw corrupt(name, reason(status)) }
    let size = try ImageDecoder.check(width: Int(features.width), height: Int(features.height), named: name)
    let rowBytes = size.width * 3
    pixels.reserve(rowBytes * size.height)
    if features.has_animation == 0 {
      let result = WebPDecodeRGBInto(
        bytes.baseAddress, bytes.count, pixels.base, rowBytes * size.height, CInt(rowBytes))
      guard result != nil else { throw corrupt(name, "it ends early, or its data contradict themselves") }
    } else {
      try decodeFirstFrame(bytes, size, named: name, to: pixels.base)
    }
    return PixelView(base: UnsafePointer(pixels.base), size: size, channels: 3, rowBytes: rowBytes)
  }

  /// Draws the first frame of an animation, which may be smaller than the whole, on transparent black.
  private static func decodeFirstFrame(
    _ bytes: UnsafeBufferPointer<UInt8>, _ size: ImageSize, named name: String, to target: UnsafeMutablePointer<UInt8>
  ) throws(DatasetsError) {
    var data = WebPData(bytes: bytes.baseAddress, size: bytes.count)
    guard let decoder = WebPAnimDecoderNew(&data, nil) else {
      throw corrupt(name, "its animation ends early, or its parts contradict each other")
    }
    defer { WebPAnimDecoderDelete(decoder) }
    var info = WebPAnimInfo()
    var frame: UnsafeMutablePointer<UInt8>?
    var time: CInt = 0
    guard WebPAnimDecoderGetInfo(decoder, &info) == 1, info.canvas_width == size.width,
      info.canvas_height == size.height, WebPAnimDecoderGetNext(decoder, &frame, &time) == 1, let frame
    else { throw corrupt(name, "its first frame cannot be decoded") }
    for pixel in 0..<size.width * size.height {
      for channel in 0..<3 { target[3 * pixel + channel] = frame[4 * pixel + channel] }
    }
  }

  private static func reason(_ status: VP8StatusCode) -> String {
    switch status {
    case VP8_STATUS_NOT_ENOUGH_DATA: "it ends within its header"
    case VP8_STATUS_UNSUPPORTED_FEATURE: "it uses a feature that libwebp does not know"
    default: "its header contradicts itself"
    }
  }

  private static func corrupt(_ name: String, _ reason: String) -> DatasetsError {
    DatasetsError(.corrupt, at: name, "the WebP is damaged (\(reason)): replace or remove it")
  }
}
