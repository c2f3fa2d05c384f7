import Foundation
import Testing

@testable import Datasets

@Suite struct DrawingTests {
  @Test func whatIsWrittenAsPNGIsReadBack() throws {
    let folder = try TemporaryFolder()
    for channels in [1, 3] {
      let pixels = (0..<7 * 11 * channels).map { UInt8(truncatingIfNeeded: $0 &* 41) }
      let image = Image(size: ImageSize(7, 11), channels: channels, pixels: pixels)
      let path = "\(folder.path)/\(channels).png"
      try image.writePNG(to: path)
      #expect(try Image(contentsOf: path) == image)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["1.png", "3.png"])
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    let image = Image(size: ImageSize(1), channels: 1, pixels: [0])
    #expect { try image.writePNG(to: "/nowhere/at/all.png") } throws: { "\($0)".contains("/nowhere/at/all.png") }
  }

  @Test func whatLiesOutsideIsLeftOut() {
    var drawing = Drawing(ImageSize(3, 4))
    drawing.fill(PixelBox(left: -2, top: -1, size: ImageSize(2, 3)), .black)
    drawing.fill(PixelBox(left: 9, top: 1, size: ImageSize(2, 3)), .black)
    drawing.draw(Image(size: ImageSize(2), channels: 1, pixels: [1, 2, 3, 4]), left: 3, top: -1)
    drawing.set(row: 3, column: 0, .black)
    var expected = [UInt8](repeating: 255, count: 36)
    for column in 0..<1 { for channel in 0..<3 { expected[column * 3 + channel] = 0 } }
    for channel in 0..<3 { expected[9 + channel] = 3 }
    #expect(drawing.pixels == expected)
  }

  /// Every printable character has a letter of its own, and all fit a line.
  @Test func everyCharacterCanBeRead() {
    let glyphs = (32...126).map { BitmapFont.glyphs(of: String(UnicodeScalar(UInt8($0)))) }
    #expect(glyphs.allSatisfy { $0.count == 1 && [7, 9].contains($0[0].count) })
    #expect(Set(glyphs).count == 95)
    #expect(BitmapFont.glyphs(of: "é") == BitmapFont.glyphs(of: "e"))
    #expect(BitmapFont.glyphs(of: "語").count == 1 && BitmapFont.glyphs(of: "語") != BitmapFont.glyphs(of: " "))
  }

  @Test func aLetterIsDrawnInItsPlace() {
    var drawing = Drawing(ImageSize(9, 5))
    drawing.write("T", left: 0, top: 0)
    let rows = (0..<9).map { row in
      (0..<5).map { drawing.pixels[(row * 5 + $0) * 3] == 0 ? "#" : "." }.joined()
    }
    #expect(rows == ["#####", "..#..", "..#..", "..#..", "..#..", "..#..", "..#..", ".....", "....."])
    #expect(Drawing.size(of: "ab", scale: 2) == ImageSize(18, 22))
    var turned = Drawing(ImageSize(5, 9))
    turned.write("T", left: 0, top: 5, turned: true)
    #expect((0..<5).allSatisfy { turned.pixels[($0 * 9) * 3] == 0 })
  }
}
