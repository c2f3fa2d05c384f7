import Foundation
import Testing

@testable import Datasets

/// What Pillow and torchvision made of the images in `Goldens/images`; see `make_goldens.py`.
struct Goldens: Decodable {
  struct Decoding: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let width, height: Int
    let rgb, luma: String?
    var testDescription: String { file }
  }

  struct Resizing: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    /// [top, left, height, width]
    let box: [Int]
    /// [height, width]
    let size: [Int]
    let interpolation: Interpolation
    let pixels: String
    var testDescription: String { "\(file) \(box) to \(size), \(interpolation)" }
  }

  struct Pipeline: Decodable, Sendable, CustomTestStringConvertible {
    let file, pipeline, floats: String
    var testDescription: String { "\(pipeline) of \(file)" }
  }

  struct CentralBox: Decodable, Sendable {
    let height, width: Int
    let box: [Int]
  }

  struct ResizedSize: Decodable, Sendable {
    let height, width, side: Int
    let result: [Int]
  }

  let decoding: [Decoding]
  let resizing: [Resizing]
  let pipelines: [Pipeline]
  let centralBoxes: [CentralBox]
  let resizedSizes: [ResizedSize]

  /// The goldens, or nothing when they cannot be read: then ``GoldenTests`` fails for their absence.
  static let all: Goldens? = {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = FileManager.default.contents(atPath: folder + "/expected.json")
    return data.flatMap { try? decoder.decode(Goldens.self, from: $0) }
  }()

  static let folder = Bundle.module.resourcePath.map { $0 + "/Goldens" } ?? "Goldens"

  /// An image of the goldens.
  static func path(_ file: String) -> String { "\(folder)/images/\(file)" }
}

/// FNV-1a, 64 bits, in hexadecimal.
func digest(_ bytes: some Sequence<UInt8>) -> String {
  var value: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  let text = String(value, radix: 16)
  return String(repeating: "0", count: 16 - text.count) + text
}

extension Image {
  /// The pixels as three channels.
  var rgbPixels: [UInt8] { channels == 3 ? pixels : pixels.flatMap { [$0, $0, $0] } }
}
