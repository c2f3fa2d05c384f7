public import ArgumentParser
import Checkpoint
import Datasets
public import Training

extension DataSource.Part: ExpressibleByArgument {}

/// `zoo data preview`
struct DataPreviewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview", abstract: "Draw a sheet of images as a training would see them.",
    usage: "zoo data preview <path> [--to <file.png>] [<options>]",
    discussion: """
      Each image is shown as the network would get it, varied and normalised and turned back to colours, with its class \
      beneath. With mixup or CutMix each is mixed with the one shown before it. The options are those of 'train', with the same meaning; the same seed varies the same images alike.

      Examples:
        zoo data preview flowers --augment crop --color-jitter 0.4,0.4,0.4,0.1
        zoo data preview flowers --count 6 --variants 8 --auto-augment trivial
        zoo data preview flowers --mixup-alpha 0.4 --cutmix-alpha 1
      """)

  @Argument(help: ArgumentHelp("What '--data' of 'train' takes.", valueName: "path"))
  var path: String

  @Option(help: ArgumentHelp("The picture to write, a PNG file.", valueName: "file"))
  var to = "preview.png"

  @Option(parsing: .unconditional, help: ArgumentHelp("How many images, chosen at random by the seed.", valueName: "n"))
  var count = 24

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many epochs of each are shown side by side.", valueName: "n"))
  var variants = 1

  @Option(help: ArgumentHelp("Which images: training, varied, or validation, as they are measured.", valueName: "part"))
  var part = DataSource.Part.training

  @Option(help: ArgumentHelp("How training images vary: none, flip, crop or pad.", valueName: "how"))
  var augment: TrainingSettings.Augmentation?

  @OptionGroup var augmentation: AugmentationOptions
  @OptionGroup var reading: DataReadingOptions
  @OptionGroup var decoding: DecodingFlags

  @Option(parsing: .unconditional, help: ArgumentHelp("Height and width that the network sees.", valueName: "n"))
  var inputSize = 224

  @Flag(help: "Show what a network for gray images sees.")
  var gray = false

  @Option(parsing: .unconditional, help: ArgumentHelp("The seed of choice and variation.", valueName: "n"))
  var seed: UInt64 = 0

  func validate() throws {
    guard to.lowercased().hasSuffix(".png") else {
      throw ValidationError("'--to' names the picture, which is a PNG file: end it with .png")
    }
  }

  func run() throws {
    var settings = TrainingSettings(model: "preview", data: path, augmentation: augment, seed: seed)
    settings.inputSize = inputSize
    settings.variation = augmentation.settings
    settings.mixing = augmentation.mixing
    settings.reading = try reading.settings()
    decoding.apply(to: &settings.reading)
    let sheet = try DataPreview(settings, inputSize: inputSize, channels: gray ? 1 : 3)
      .sheet(part, count: count, variants: variants)
    try sheet.image.writePNG(to: to)
    Output.line("wrote \(to.terminalEscaped), \(sheet.size.width) by \(sheet.size.height) pixels")
  }
}
