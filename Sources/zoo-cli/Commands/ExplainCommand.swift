import ArgumentParser
import Checkpoint
import Datasets
import Training

/// `zoo explain`
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Show what in an image speaks for a class.",
    usage: "zoo explain <checkpoint> <image> ... [--class <name>] [--layer <layer>] [--output <file>] [<options>]",
    discussion: """
      A picture for each image: what the network saw, and beside it the same under a map of what speaks for the class, from \
      blue to red, by Grad-CAM (Selvaraju et al. 2017). The picture of photos/a.jpg is a.explained.png in this folder, so that \
      none comes among data, unless --output says otherwise; of several images --output is the folder.

      A layer near the end, which is the default, has a coarse map of whole objects; earlier ones have finer maps of their parts.

      Examples:
        zoo explain first@best photo.jpg
        zoo explain first@best photo.jpg --class daisy --output why.png
        zoo explain first@best photos --layer layer3 --output explained --json
      """)

  @Argument(help: ArgumentHelp("A checkpoint: RUN@best, RUN@last, RUN@12 or a file.", valueName: "checkpoint"))
  var reference: String

  @Argument(help: ArgumentHelp("Images, and folders whose images are all meant.", valueName: "image"))
  var images: [String]

  @Option(
    name: .customLong("class"),
    help: ArgumentHelp("The class, by name or index. (default: the predicted one)", valueName: "name"))
  var className: String?

  @Option(
    help: ArgumentHelp(
      "The layer, as 'zoo show' prints it. (default: the last with height and width)", valueName: "layer"))
  var layer: String?

  @Option(help: ArgumentHelp("The picture, or the folder of several.", valueName: "path"))
  var output: String?

  @Flag(help: "Print JSON: one object a line for each image.")
  var json = false

  @OptionGroup var options: CheckpointOptions

  func run() throws {
    let model = try options.load(reference)
    let label = try className.map { try GradCAM.label($0, of: model) }
    let explainer = try GradCAM(model, layer: layer)
    // Pictures of an earlier call may lie among the images.
    let paths = try ImageList(filesAndFolders: images).paths.filter {
      !$0.hasSuffix(PictureTargets.suffix) || images.contains($0)
    }
    guard !paths.isEmpty else {
      throw ValidationError("there are no images, but pictures that 'zoo explain' made (*\(PictureTargets.suffix))")
    }
    let targets = try PictureTargets(paths, output: output)
    var failed = 0
    for (path, target) in zip(paths, targets.paths) {
      let map: GradCAM.Map
      do {
        map = try explainer.map(ofImageAt: path, label: label)
      } catch let error as DatasetsError where paths.count > 1 {
        failed += 1
        if json { Output.line((["image": .string(path), "error": .string("\(error)")] as JSONValue).text()) }
        Output.note("left out: \(error)")
        continue
      }
      try map.picture(layer: explainer.layer).image.writePNG(to: target)
      Output.line(json ? Self.record(path, target, map, explainer.layer).text() : Self.line(path, target, map))
    }
    guard failed == 0 else {
      throw Outcome(
        .failed, "\(NumberText.count(failed, "image")) of \(NumberText.grouped(paths.count)) could not be read")
    }
  }

  private static func line(_ path: String, _ target: String, _ map: GradCAM.Map) -> String {
    let class_ = "\(map.guess.className.terminalEscaped) \(NumberText.percent(map.guess.probability))"
    let note = map.heat.contains { $0 > 0 } ? "" : "; nothing in this layer speaks for the class"
    return "\(path.terminalEscaped)  \(class_), written to \(target.terminalEscaped)\(note)"
  }

  private static func record(_ path: String, _ target: String, _ map: GradCAM.Map, _ layer: String) -> JSONValue {
    func value(_ guess: Prediction.Guess) -> JSONValue {
      ["label": .integer(guess.label), "class": .string(guess.className), "probability": .number(guess.probability)]
    }
    return [
      "image": .string(path), "output": .string(target), "layer": .string(layer), "explained": value(map.guess),
      "predicted": value(map.prediction), "size": [.integer(map.size.height), .integer(map.size.width)],
      "heat": .array(map.heat.map { .number(Double($0)) }),
    ]
  }
}

/// Where the pictures of images go.
struct PictureTargets {
  /// How their names end.
  static let suffix = ".explained.png"

  let paths: [String]

  /// - Throws: ``ValidationError`` when two would have one name, or that of an image, or the name of one does not say PNG.
  init(_ images: [String], output: String?) throws {
    func name(_ path: String) -> String {
      let file = path.split(separator: "/").last.map(String.init) ?? path
      let stem = file.lastIndex(of: ".").map { $0 == file.startIndex ? file : String(file[..<$0]) } ?? file
      return stem + Self.suffix
    }
    guard let output else {
      paths = images.map(name)
      try Self.checkUnique(paths, of: images)
      return
    }
    if images.count == 1, output.lowercased().hasSuffix(".png") {
      paths = [output]
      try Self.checkUnique(paths, of: images)
      return
    }
    guard !output.lowercased().hasSuffix(".png") else {
      throw ValidationError(
        "'\(output.terminalEscaped)' is one picture, and there are \(images.count) images: let '--output' name a folder"
      )
    }
    let ending = output.split(separator: "/").last?.split(separator: ".", omittingEmptySubsequences: false).last?
      .lowercased()
    guard !["jpg", "jpeg", "webp", "svg", "pdf", "gif", "bmp", "tif", "tiff"].contains(ending) else {
      throw ValidationError("pictures are PNG files: end '\(output.terminalEscaped)' with .png, or name a folder")
    }
    try PublishedFile.makeFolder(output)
    paths = images.map { "\(output)/\(name($0))" }
    try Self.checkUnique(paths, of: images)
  }

  private static func checkUnique(_ paths: [String], of images: [String]) throws {
    var owners: [String: String] = [:]
    let originals = Set(images.map(TargetFile.canonical))
    for (path, image) in zip(paths, images) {
      guard !originals.contains(TargetFile.canonical(path)) else {
        throw ValidationError(
          "'\(path.terminalEscaped)' is an image that is to be explained, and would be lost; name another '--output'")
      }
      if let other = owners[path] {
        throw ValidationError(
          "'\(other.terminalEscaped)' and '\(image.terminalEscaped)' would both become '\(path.terminalEscaped)'; explain them apart"
        )
      }
      owners[path] = image
    }
  }
}
