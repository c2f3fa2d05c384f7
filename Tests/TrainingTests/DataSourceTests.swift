import Datasets
import Fixtures
import Foundation
import Testing

@testable import Training

/// What a user's word for data is taken for.
struct DataSourceTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Makes folders of two classes each, and a source of the folder that holds them.
  private func source(_ parts: String...) throws -> DataSource {
    for part in parts { _ = try TinyFolder(in: folder, named: "data/\(part)", classes: ["a": 1, "b": 1]) }
    return try DataSource(folder.path("data"))
  }

  private func name(_ source: DataSource, _ part: DataSource.Part) -> String {
    String(source.describe(part).dropFirst(folder.path("data").count))
  }

  @Test(arguments: [
    ("train", "val"), ("training", "validation"), ("Train", "Test"), ("TRAIN", "valid"), ("training", "testing"),
    ("train", "eval"), ("train", "evaluation"),
  ])
  func partsAreNoClasses(training: String, validation: String) throws {
    let source = try source(training, validation)
    #expect(source.hasValidation)
    #expect(name(source, .training) == "/\(training)" && name(source, .validation) == "/\(validation)")
    for part in DataSource.Part.allCases { #expect(try source.open(part).classNames == ["a", "b"]) }
  }

  @Test func theFirstNameForValidationCounts() throws {
    #expect(try name(source("test", "val", "train"), .validation) == "/val")
  }

  @Test(arguments: ["train", "Training"])
  func aTrainingPartAloneHasNoValidation(training: String) throws {
    let source = try source(training)
    #expect(!source.hasValidation && name(source, .validation) == "/\(training)")
    #expect(try source.open(.training).classNames == ["a", "b"])
  }

  @Test(arguments: [["val"], ["test", "Validation"]])
  func aPartForValidationAloneIsNamed(parts: [String]) throws {
    for part in parts { _ = try TinyFolder(in: folder, named: "data/\(part)", classes: ["a": 1]) }
    #expect { try source() } throws: {
      "\($0)".contains("and no training images; to read that part alone, name it: \(folder.path("data"))/")
    }
  }

  @Test func twoTrainingPartsAreRefused() throws {
    #expect { try source("train", "Train", "val") } throws: { "\($0)".contains("several parts to train on") }
  }

  /// A train is a vehicle, and a test may be a class.
  @Test func classesMayHaveSuchNames() throws {
    _ = try TinyFolder(in: folder, named: "vehicles", classes: ["bus": 1, "train": 1])
    #expect(try DataSource(folder.path("vehicles")).open(.training).classNames == ["bus", "train"])
    _ = try TinyFolder(in: folder, named: "one", classes: ["train": 2])
    #expect(try DataSource(folder.path("one")).open(.training).classNames == ["train"])
    // With folders below: as long as there are others beside it.
    _ = try TinyFolder(in: folder, named: "nested/train", classes: ["2024": 1, "2025": 1])
    _ = try TinyFolder(in: folder, named: "nested/bus", classes: ["2024": 1])
    #expect(try DataSource(folder.path("nested")).open(.training).classNames == ["bus", "train"])
  }
}
