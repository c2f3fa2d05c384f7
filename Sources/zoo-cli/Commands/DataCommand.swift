import ArgumentParser
import Checkpoint
import Datasets
import Training

/// `zoo data`
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Check images, look at them, measure how fast they are read.",
    discussion: """
      Examples:
        zoo data verify flowers
        zoo data preview flowers --augment crop --to sheet.png
        zoo data fashion-mnist --to clothes
      """,
    subcommands: [DataVerifyCommand.self, DataPreviewCommand.self, DataBenchCommand.self, DataFashionMNISTCommand.self])
}

/// `zoo data fashion-mnist`
struct DataFashionMNISTCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fashion-mnist", abstract: "Write Fashion-MNIST as folders of PNG images.",
    usage: "zoo data fashion-mnist --to <folder> [--from <folder>]",
    discussion: """
      FOLDER gets 'train' and 'test' with a folder of images for each class, 70,000 in all, and class_indices.json with \
      the dataset's own numbers of the classes, which folders sorted by name do not have. It appears when all is written; \
      until then it is FOLDER.part.

      Examples:
        zoo data fashion-mnist --to clothes
        zoo train lenet5 --data clothes --class-indices clothes/class_indices.json
      """)

  @Option(help: ArgumentHelp("The folder to make.", valueName: "folder"))
  var to: String

  @Option(
    help: ArgumentHelp(
      "Where the dataset's files are. (default: where the system package puts them)", valueName: "folder"))
  var from: String?

  func run() throws {
    var display = ProgressDisplay()
    let parts = try [("train", IDXDataset.Split.train), ("test", .test)].map {
      ($0.0, try FashionMNIST.dataset($0.1, folder: from))
    }
    let total = parts.reduce(0) { $0 + $1.1.count }
    let indices = ClassIndices(names: FashionMNIST.classNames.map(IDXDataset.folderName))
    try NewFolder.make(at: to) { folder in
      var before = 0
      for (name, dataset) in parts {
        try dataset.writeImageFolder(to: "\(folder)/\(name)") { written in
          let done = before + written
          display.show(
            isEnd: done == total,
            drawn: { ProgressLine.images("writing", done: done, total: total, width: $0, unicode: $1) },
            plain: { ProgressLine.plain("writing", done: done, total: total) })
        }
        before += dataset.count
      }
      try indices.write(to: "\(folder)/\(ClassIndices.fileName)")
    }
    display.clear()
    Output.line(
      "wrote \(NumberText.grouped(total)) images in \(indices.names.count) classes to \(to.terminalEscaped)")
  }
}
