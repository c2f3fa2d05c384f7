import Foundation
import Testing

@testable import Datasets

@Suite struct ClassOrderTests {
  /// What timm and torchvision made of names; see `Goldens/make_orders.py`.
  private struct Orders: Decodable {
    struct Names: Decodable {
      let names, codePoint, natural, samples: [String]
    }

    let files: [String]
    let sets: [Names]
  }

  @Test func classesAreNumberedAsTorchvisionAndTimmDo() throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let goldens = try decoder.decode(
      Orders.self, from: Data(contentsOf: URL(filePath: Goldens.folder + "/orders.json")))
    #expect(goldens.sets.count > 3)
    for expected in goldens.sets {
      let folder = try TemporaryFolder()
      for name in expected.names {
        for file in goldens.files { try folder.write(Data(), to: "\(name)/\(file)") }
      }
      #expect(try ImageFolder(folder.path).classNames == expected.codePoint)
      let natural = try ImageFolder(folder.path + "/", order: .natural)
      #expect(natural.classNames == expected.natural)
      let samples = (0..<natural.count).map { "\(natural.identifier(of: $0)) \(natural.label(of: $0))" }
      #expect(samples == expected.samples)
    }
  }

  /// timm leaves such names to chance; here the order is one.
  @Test func namesThatAreEqualInNaturalOrderGoByCodePoint() {
    let names = ["a1", "A01", "a01", "A1", "a001"]
    #expect(ClassOrder.natural.sorted(names) == ["A01", "A1", "a001", "a01", "a1"])
    #expect(ClassOrder.natural.sorted(names.reversed()) == ClassOrder.natural.sorted(names))
  }
}
