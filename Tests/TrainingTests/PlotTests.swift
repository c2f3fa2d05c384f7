import Datasets
import Fixtures
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@testable import Training

/// Charts as text and pictures; what they look like is for eyes.
struct PlotTests {
  private static let chart = Chart(
    "falling", xTitle: "epoch", [Chart.Series("a", (0...10).map { Chart.Point(Double($0), 10 - Double($0)) })])

  @Test func axesHaveRoundNumbers() {
    #expect(Axis([0.013, 0.97]).ticks(5).map { ($0 * 10).rounded() / 10 } == [0, 0.2, 0.4, 0.6, 0.8, 1])
    let far = Axis([101.2, 103.9])
    #expect(far.low == 101 && far.high == 104 && far.labels(5).first?.text == "101")
    #expect(Axis([1e-6, 1], scale: .logarithmic).labels(9).first?.text == "1e-6")
    #expect(Axis([3, 3]).low < 3 && Axis([3, 3]).high > 3 && Axis([]).high > Axis([]).low)
    #expect(Axis([0.5, 1], isShare: true).labels(5).map(\.text) == ["50%", "60%", "70%", "80%", "90%", "100%"])
    #expect(Axis([1, 4], isTight: true).labels(8, isWhole: true).map(\.text) == ["1", "2", "3", "4"])
    #expect(Axis([1, 4], isTight: true).labels(8).map(\.text).prefix(2) == ["1.0", "1.5"])
    // A single epoch stands in the middle, and there are no halves of epochs.
    let single = Chart("", xTitle: "epoch", [Chart.Series("", [Chart.Point(1, 2)])])
    #expect(single.xAxis.place(of: 1) == 0.5 && single.isWhole)
    #expect(single.xAxis.labels(8, isWhole: single.isWhole).map(\.text) == ["1"])
    // Numbers that are none or hardly any.
    #expect(Axis([.nan, .infinity, 1e308, 2]).high.isFinite)
  }

  @Test(arguments: [30, 60, 80, 100], [true, false])
  func terminalChartsFit(width: Int, unicode: Bool) {
    let two = Chart(
      "two", xTitle: "x", Self.chart.series + [Chart.Series("b", [Chart.Point(0, 1e-9), Chart.Point(5, 7)], color: 1)])
    for chart in [Self.chart, two] {
      let lines = TerminalChart(chart, width: width, height: 10, unicode: unicode).lines
      #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
      #expect(lines.count >= 12)
      if !unicode { #expect(lines.joined().utf8.allSatisfy { $0 < 0x80 }) }
    }
  }

  @Test func terminalChartsShowTheCurve() {
    let lines = TerminalChart(Self.chart, width: 40, height: 5, unicode: false).lines
    #expect(lines.count == 8)
    #expect(lines[1].hasPrefix("  10+*") || lines[1].hasPrefix(" 10+*"))
    #expect(lines[5].hasSuffix("*"))
  }

  @Test func longNamesKeepTheirEnds() {
    #expect("resnet18-flowers-lr0.1".shortened(to: 12) == "resne..lr0.1")
    #expect("short".shortened(to: 5) == "short")
    let names = ["a", "b", "c"].map { String(repeating: "long", count: 20) + $0 }
    let chart = Chart(
      "", xTitle: "x",
      names.enumerated().map { Chart.Series($1, [Chart.Point(0, 1), Chart.Point(1, 2)], color: $0) })
    for unicode in [true, false] {
      let legend = TerminalChart(chart, width: 80, height: 5, unicode: unicode).lines.last ?? ""
      #expect(
        legend.count <= 80 && ["..longlonga", "..longlongb", "..longlongc"].allSatisfy { legend.contains($0) },
        "\(legend)")
    }
  }

  @Test func svgIsWellFormedWhateverNamesSay() throws {
    let hostile = Chart(
      "<script>&\"\u{1B}[31m", xTitle: "]]>",
      [
        Chart.Series("a<b", [Chart.Point(0, 1), Chart.Point(1, .nan), Chart.Point(2, 3)]),
        Chart.Series("\u{0}", [Chart.Point(0, -1), Chart.Point(1, 1e300)], color: 9),
      ])
    let figure = Figure(
      "&", [.chart(hostile), .confusion(ConfusionChart([[1, 2], [3, 4]], classNames: ["<a>"], title: "t"))])
    let parser = XMLParser(data: Data(figure.svg.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(!figure.svg.contains("<script"))
  }

  @Test func picturesAreWritten() throws {
    let folder = try TemporaryFolder()
    let figure = Figure([HistoryTests.history])
    for format in Figure.Format.allCases {
      let path = folder.path("plot.\(format.rawValue)")
      #expect(Figure.Format(fileName: path) == format)
      try figure.write(to: path, as: format)
    }
    let image = figure.image
    // Curves have left their colour.
    var blue = 0
    for offset in stride(from: 0, to: image.pixels.count, by: 3)
    where image.pixels[offset] == 0x00 && image.pixels[offset + 1] == 0x72 && image.pixels[offset + 2] == 0xB2 {
      blue += 1
    }
    #expect(blue > 500)
    #expect(Figure.Format(fileName: "a.jpg") == nil)
  }
}
