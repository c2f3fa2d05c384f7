import Checkpoint
public import Datasets

/// A picture of one or several charts.
public struct Figure: Sendable {
  /// A part of it.
  enum Panel: Sendable {
    case chart(Chart)
    case confusion(ConfusionChart)
  }

  /// What a file of a figure is.
  public enum Format: String, Sendable, CaseIterable {
    /// Pixels.
    case png
    /// Lines.
    case svg

    /// The format that a file's name asks for; `nil` for none of these.
    public init?(fileName: String) {
      guard let format = Self.allCases.first(where: { fileName.lowercased().hasSuffix(".\($0.rawValue)") }) else {
        return nil
      }
      self = format
    }
  }

  /// What stands above all.
  let title: String
  let panels: [Panel]

  init(_ title: String, _ panels: [Panel]) {
    self.title = title
    self.panels = panels
  }

  /// A figure of one chart.
  public init(_ chart: Chart) { self.init("", [.chart(chart)]) }

  /// A figure of charts side by side.
  public init(_ charts: [Chart]) { self.init("", charts.map { .chart($0) }) }

  /// A figure of one confusion matrix.
  public init(_ chart: ConfusionChart) { self.init("", [.confusion(chart)]) }

  private static let panelSize = (width: 800.0, height: 500.0)

  private var columns: Int { panels.count < 2 ? 1 : 2 }
  private var rows: Int { max((panels.count + columns - 1) / columns, 1) }
  private var head: Double { title.isEmpty ? 0 : 56 }

  private var width: Double { Self.panelSize.width * Double(columns) }
  private var height: Double { Self.panelSize.height * Double(rows) + head }

  /// The figure as an SVG document.
  public var svg: String {
    var canvas = SVGCanvas(width: width, height: height)
    draw(on: &canvas)
    return canvas.document
  }

  /// The figure as pixels.
  public var image: Image {
    var canvas = PictureCanvas(width: Int(width), height: Int(height))
    draw(on: &canvas)
    return canvas.drawing.image
  }

  /// Writes a file, in one step.
  /// - Throws: An error that names the file.
  public func write(to path: String, as format: Format) throws {
    switch format {
    case .png: try PublishedFile.write(try image.encodedPNG(), to: path)
    case .svg: try PublishedFile.write(svg, to: path)
    }
  }

  private func draw(on canvas: inout some Canvas) {
    canvas.fill(CanvasBox(0, 0, width, height), .paper)
    if !title.isEmpty {
      let room = Int((width - 60) / CanvasTextSize.large.advance)
      canvas.write(title.shortened(to: room), at: CanvasPoint(width / 2, 34), .middle, .large)
    }
    for (index, panel) in panels.enumerated() {
      let box = CanvasBox(
        Double(index % columns) * Self.panelSize.width, head + Double(index / columns) * Self.panelSize.height,
        Self.panelSize.width, Self.panelSize.height)
      switch panel {
      case .chart(let chart): chart.draw(on: &canvas, in: box)
      case .confusion(let chart): chart.draw(on: &canvas, in: box)
      }
    }
  }
}

extension String {
  /// The text itself, or its beginning and its end with two dots between: names of runs often differ at the end.
  func shortened(to limit: Int) -> String {
    guard count > limit else { return self }
    let kept = max(limit - 2, 2)
    return String(prefix(kept - kept / 2)) + ".." + String(suffix(kept / 2))
  }
}
