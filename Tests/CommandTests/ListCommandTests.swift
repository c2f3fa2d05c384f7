import Checkpoint
import Fixtures
import Testing
import Zoo

@testable import zoo_cli

/// `zoo list` as a user sees it.
@Suite struct ListCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Without the weights of whoever runs the tests, and without those that come with zoo.
  private func zoo(_ line: String) throws -> Command.Result {
    try Command.run(
      line.split(separator: " ").map(String.init), in: folder.path,
      environment: ["ZOO_WEIGHTS": folder.path("none"), "ZOO_MODELS": folder.path("none")])
  }

  private func models(_ options: String) throws -> [JSONValue] {
    let result = try zoo("list --json \(options)")
    #expect(result.status == 0, "\(result.errors)")
    return try JSONValue(parsing: result.output).array ?? []
  }

  private func names(_ options: String) throws -> [String] { try models(options).compactMap { $0["name"]?.string } }

  @Test func filters() throws {
    #expect(try Set(names("--family squeezenet")) == ["squeezenet1_0", "squeezenet1_1"])
    let small = try models("--max-params 5M --max-macs 0.4G --has-weights")
    #expect(small.contains { $0["name"] == "squeezenet1_1" })
    for model in small {
      #expect((model["parameters"]?.integer ?? .max) <= 5_000_000 && (model["macs"]?.integer ?? .max) <= 400_000_000)
      #expect(model["published_weights"]?.array?.isEmpty == false && model["top1"]?.double != nil)
    }
    #expect(try !names("--has-weights").contains("lenet5"))
  }

  @Test func nothingWithinTheLimits() throws {
    let result = try zoo("list resnet --max-params 10k")
    #expect(result.status == 1)
    #expect(result.errors.contains("none is within these limits"))
  }

  @Test func sorting() throws {
    let parameters = try models("--sort params").compactMap { $0["parameters"]?.integer }
    #expect(parameters == parameters.sorted() && parameters.count == Registry.models.count)
    let accuracies = try models("--sort top1 --reverse").map { $0["top1"]?.double }
    let known = accuracies.compactMap(\.self)
    #expect(known == known.sorted(by: >) && known.count < accuracies.count)
    // Models without a figure come last, whatever the direction.
    #expect(accuracies.suffix(accuracies.count - known.count).allSatisfy { $0 == nil })
    #expect(try names("--sort name") == Registry.models.map(\.name).sorted())
    #expect(try names("--reverse") == Registry.models.map(\.name).reversed())
    let result = try zoo("list --sort speed")
    #expect(result.status == 64 && result.errors.contains("top1"))
  }

  /// The recommended weights' figures, and all of them in JSON, by torchvision's names.
  @Test func publishedFigures() throws {
    let model = try #require(try models("resnet50").first { $0["name"] == "resnet50" })
    #expect(model["top1"]?.double == 80.858 && model["top1_of"] == "IMAGENET1K_V2")
    #expect(model["published_weights"]?.array?.map { $0["name"] } == ["IMAGENET1K_V1", "IMAGENET1K_V2"])
    let rows = try zoo("list resnet50").output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(rows.contains(["resnet50", "25,557,032", "4,089,184,256", "224", "80.86", "95.43", "V2"]))
  }

  @Test(arguments: [
    ("list resent", "did you mean 'resnet' or 'regnet'? "), ("list vgg16bn", "did you mean 'vgg16_bn' or "),
    ("list --family resnett", "did you mean 'resnet'"),
    ("list --family q", "there are: alexnet, "), ("list --family vgg resnet", "no model matches 'resnet'"),
  ])
  func unknownNames(line: String, message: String) throws {
    let result = try zoo(line)
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test(arguments: [
    ("5000000", 5_000_000), ("25M", 25_000_000), ("1.2G", 1_200_000_000), ("600k", 600_000), ("1.5b", 1_500_000_000),
    ("", nil), ("M", nil), ("-1M", nil), ("1e3", nil), ("nan", nil), ("99999999T", nil), ("1.2.3", nil), ("٣M", nil),
  ])
  func shortNumbers(text: String, value: Int?) {
    #expect(ShortNumber(argument: text)?.value == value)
  }

  /// On a wide terminal there is room for a sentence about each model.
  @Test func widths() throws {
    let models = try Registry.models.map { try ListedModel($0) }
    let narrow = ListedModel.lines(models, width: 80)
    #expect(narrow.allSatisfy { $0.count <= 80 })
    let wide = ListedModel.lines(models, width: 160)
    #expect(wide.first?.hasSuffix("What it is") == true)
    #expect(wide.allSatisfy { $0.count <= 160 })
  }
}
