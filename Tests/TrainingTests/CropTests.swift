import Datasets
import Fixtures
import Foundation
import Tensors
import Testing

@testable import Training

/// Five and ten crops against torchvision's (`Goldens/crops.py`).
struct CropTests {
  struct Case: Sendable, Decodable, CustomTestStringConvertible {
    struct Crops: Sendable, Decodable {
      /// Digests of the pixels, the corners before the middle.
      let views: [String]
      /// The logarithms of the mean probabilities.
      let logs: [Double]
    }

    let height, width, side: Int
    let crop: [Int]
    let five, ten: Crops

    var testDescription: String { "\(crop) of \(height)x\(width), shorter side \(side)" }

    /// The same formula as in the script.
    var image: Image {
      var pixels: [UInt8] = []
      for y in 0..<height {
        for x in 0..<width { for c in 0..<3 { pixels.append(UInt8((x * 7 + y * 13 + c * 29 + x * y) % 256)) } }
      }
      return Image(size: ImageSize(height, width), channels: 3, pixels: pixels)
    }
  }

  private static func digest(_ values: [Float]) -> String {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for number in values { value = (value ^ UInt64((number * 255).rounded())) &* 0x100_0000_01B3 }
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  private static func logits(_ view: Tensor) -> Tensor {
    let values = view.elements(as: Float.self).map(Double.init)
    let part = values.count / 5
    let logits = (0..<5).map { Float(30 * values[$0 * part..<($0 + 1) * part].reduce(0, +) / Double(part)) }
    return Tensor(logits, shape: [1, 5])
  }

  @Test func everyViewIsDecodedAlike() throws {
    var preprocessing = try Preprocessing.evaluation(resize: 9, crop: ImageSize(8))
    preprocessing.decoding = DecodingOptions(turnsByEXIF: true, reducesJPEG: true)
    let loader = try DataLoader(ImageList(paths: ["x.jpg"]), preprocessing: preprocessing, options: .init(batchSize: 1))
    let loaders = try TestTimeAugmentation.tenCrop.loaders(like: loader)
    #expect(loaders.count == 6 && loaders.allSatisfy { $0.preprocessing.decoding == preprocessing.decoding })
  }

  @Test func viewsAndTheirMeanAreTorchvisions() throws {
    let cases: [Case] = try Golden.load("crops")
    #expect(cases.count == 4)
    let folder = try TemporaryFolder()
    for item in cases {
      let path = folder.path("image.png")
      try item.image.writePNG(to: path)
      let preprocessing = try Preprocessing([
        .resize(Resize(.shorterSide(item.side))),
        .centerCrop(CenterCrop(ImageSize(item.crop[0], item.crop[1]))), .toTensor,
      ])
      let loader = try DataLoader(
        ImageList(paths: [path]), preprocessing: preprocessing, options: .init(batchSize: 1, workers: 0))
      for (augmentation, expected) in [(TestTimeAugmentation.fiveCrop, item.five), (.tenCrop, item.ten)] {
        let images = try augmentation.loaders(like: loader).map { try #require(try $0.epoch(0).next()).images }
        var seen: [String] = []
        let logs = try augmentation.logits(of: images) { view in
          seen.append(Self.digest(view.elements(as: Float.self)))
          return Self.logits(view)
        }
        // Here the middle comes first, and the mirror image of each corner after it.
        let order = augmentation == .tenCrop ? [4, 0, 6, 1, 5, 2, 8, 3, 7, 9] : [4, 0, 1, 2, 3]
        #expect(seen == order.map { expected.views[$0] }, "\(augmentation) of \(item)")
        for (log, reference) in zip(logs.elements(as: Float.self), expected.logs) {
          #expect(abs(Double(log) - reference) < 1e-4, "\(augmentation) of \(item): \(log), not \(reference)")
        }
      }
    }
  }
}
