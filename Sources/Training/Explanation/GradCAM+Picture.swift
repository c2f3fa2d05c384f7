public import Datasets

extension GradCAM.Map {
  /// The image beside the same with the map over it, and a line that says what is explained.
  /// - Parameter layer: What the line says of the layer.
  public func picture(layer: String) -> Drawing {
    // Small images are enlarged by a whole number, so that the line beneath can be read.
    let scale = max(1, 224 / max(image.size.width, 1))
    let (height, width) = (image.size.height * scale, image.size.width * scale)
    let margin = 8
    let texts = [
      "\(guess.className) \(Self.percent(guess.probability))"
        + (guess.label == prediction.label
          ? "" : "; predicted: \(prediction.className) \(Self.percent(prediction.probability))"),
      "Grad-CAM, \(layer)",
    ]
    let line = Drawing.size(of: "A").height + 4
    var drawing = Drawing(ImageSize(height + 3 * margin + texts.count * line, 2 * width + 3 * margin))
    drawing.draw(image.enlarged(by: scale), left: margin, top: margin)
    let smooth = Self.enlarged(heat, size, to: ImageSize(height, width))
    for row in 0..<height {
      for column in 0..<width {
        let place = ((row / scale) * image.size.width + column / scale) * image.channels
        let share = smooth[row * width + column]
        let warmth = Self.color(share)
        // Where nothing speaks for the class, the image is seen as it is.
        let cover = 0.2 + 0.5 * share
        func mixed(_ channel: Int, _ value: Float) -> UInt8 {
          let own = Float(image.pixels[place + min(channel, image.channels - 1)])
          return UInt8(max(0, min(255, (own + (value - own) * cover).rounded())))
        }
        drawing.set(
          row: margin + row, column: 2 * margin + width + column,
          FillColor(red: mixed(0, warmth.0), green: mixed(1, warmth.1), blue: mixed(2, warmth.2)))
      }
    }
    for (index, text) in texts.enumerated() {
      var shown = text
      while Drawing.size(of: shown).width > 2 * width + margin, !shown.isEmpty { shown.removeLast() }
      drawing.write(shown, left: margin, top: height + 2 * margin + index * line)
    }
    return drawing
  }

  private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10)%" }

  /// Numbers between those of a grid, by the four around each: what PyTorch's `interpolate` with `bilinear` gives.
  static func enlarged(_ heat: [Float], _ from: ImageSize, to size: ImageSize) -> [Float] {
    func places(_ count: Int, _ larger: Int) -> [(low: Int, high: Int, share: Float)] {
      (0..<larger).map { index in
        let place = max((Float(index) + 0.5) * Float(count) / Float(larger) - 0.5, 0)
        let low = min(Int(place), count - 1)
        return (low, min(low + 1, count - 1), place - Float(low))
      }
    }
    let (rows, columns) = (places(from.height, size.height), places(from.width, size.width))
    var result: [Float] = []
    result.reserveCapacity(size.height * size.width)
    for row in rows {
      for column in columns {
        func mixed(_ row: Int) -> Float {
          let (low, high) = (heat[row * from.width + column.low], heat[row * from.width + column.high])
          return low + (high - low) * column.share
        }
        let (upper, lower) = (mixed(row.low), mixed(row.high))
        result.append(upper + (lower - upper) * row.share)
      }
    }
    return result
  }

  /// From blue over green and yellow to red.
  private static func color(_ share: Float) -> (Float, Float, Float) {
    let stops: [(Float, (Float, Float, Float))] = [
      (0, (30, 40, 140)), (0.3, (0, 170, 200)), (0.55, (110, 210, 70)), (0.75, (250, 210, 30)), (1, (215, 25, 28)),
    ]
    for (left, right) in zip(stops, stops.dropFirst()) where share <= right.0 {
      let part = max(share - left.0, 0) / (right.0 - left.0)
      func mixed(_ low: Float, _ high: Float) -> Float { low + (high - low) * part }
      return (
        mixed(left.1.0, right.1.0), mixed(left.1.1, right.1.1), mixed(left.1.2, right.1.2)
      )
    }
    return stops[stops.count - 1].1
  }
}
