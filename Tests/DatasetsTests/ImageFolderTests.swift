import Foundation
import Testing

@testable import Datasets

@Suite struct ImageFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func add(_ names: String...) throws {
    for name in names {
      try folder.write(Data(contentsOf: URL(fileURLWithPath: Goldens.path("one-pixel.jpg"))), to: name)
    }
  }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/\(name)", withDestinationPath: target)
  }

  /// The files relative to the folder, with their labels.
  private func samples(_ dataset: ImageFolder) -> [String] {
    (0..<dataset.count).map { index in
      "\(dataset.describe(index).dropFirst(folder.path.count + 1)) \(dataset.label(of: index))"
    }
  }

  private func expectError(_ code: DatasetsError.Code, _ texts: String...) {
    do throws(DatasetsError) {
      _ = try ImageFolder(folder.path)
      Issue.record("no error")
    } catch {
      #expect(error.code == code)
      for text in texts { #expect(error.description.contains(text), "\(error)") }
    }
  }

  /// By code point, which is neither natural nor locale's order: capitals, then small letters, then others.
  @Test func classesAreSortedByCodePoint() throws {
    try add("2/a.jpg", "10/a.jpg", "1/a.jpg", "100/a.jpg", "ä/a.jpg", "b/a.jpg", "B/a.jpg", "z/a.jpg")
    let dataset = try ImageFolder(folder.path)
    #expect(dataset.classNames == ["1", "10", "100", "2", "B", "b", "z", "ä"])
    #expect(dataset.labels["100"] == 2)
    #expect(dataset.classCounts == [1, 1, 1, 1, 1, 1, 1, 1])
  }

  /// torchvision: folders within a class by path, and files by name within each.
  @Test func filesAreSortedWithinTheirFolders() throws {
    try add("cat/b.png", "cat/a/z.jpg", "cat/a-b/y.jpg", "cat/a/b/x.jpg", "cat/10.jpg", "cat/9.jpg", "dog/1.JPEG")
    #expect(
      samples(try ImageFolder(folder.path)) == [
        "cat/10.jpg 0", "cat/9.jpg 0", "cat/b.png 0", "cat/a/z.jpg 0", "cat/a-b/y.jpg 0", "cat/a/b/x.jpg 0",
        "dog/1.JPEG 1",
      ])
  }

  @Test func otherFilesArePassedOver() throws {
    try add("cat/1.jpg", "cat/notes.txt", "cat/._1.jpg", "cat/.DS_Store", "cat/2.jpg.part", "cat/3.WebP", "cat/noext")
    try add("stray.jpg")
    #expect(samples(try ImageFolder(folder.path)) == ["cat/1.jpg 0", "cat/3.WebP 0"])
  }

  /// A disk that fails in the middle of a folder must not make the folder shorter.
  @Test func aFolderThatFailsToBeReadIsAnError() throws {
    try add("cat/1.jpg", "dog/1.jpg", "eel/1.jpg")
    var read = 0
    #expect {
      try DirectoryListing(folder.path) { stream in
        read += 1
        if read <= 3 { return readdir(stream) }
        errno = EIO
        return nil
      }
    } throws: { ($0 as? DatasetsError)?.code == .unreadable && "\($0)".contains(folder.path) }
    #expect(read == 4)
    errno = EIO
    #expect(try DirectoryListing(folder.path).folders == ["cat", "dog", "eel"])
  }

  @Test func classesThatLookTheSameAreRefused() throws {
    try add("\(ManifestTests.composed)/1.jpg", "\(ManifestTests.decomposed)/1.jpg")
    expectError(.classes, "how Unicode codes")
  }

  @Test func linksAreFollowedButLoopsAreNot() throws {
    try add("cat/1.jpg", "elsewhere/deep/2.jpg")
    try link("cat/more", to: "../elsewhere/deep")
    try link("cat/3.jpg", to: "1.jpg")
    try link("cat/loop", to: "..")
    try link("dog", to: "elsewhere")
    let dataset = try ImageFolder(folder.path)
    #expect(dataset.classNames == ["cat", "dog", "elsewhere"])
    let found = samples(dataset)
    #expect(found.prefix(2) == ["cat/1.jpg 0", "cat/3.jpg 0"])
    #expect(found.contains("cat/more/2.jpg 0"))
    #expect(found.contains("dog/deep/2.jpg 1"))
    // cat/loop leads to the root, which is not above cat's own walk; from there cat is not entered again.
    #expect(found.allSatisfy { !$0.hasPrefix("cat/loop/cat") })
  }

  @Test func everyEmptyClassIsNamed() throws {
    try add("cat/1.jpg", "dog/readme.txt", "eel/._1.jpg")
    expectError(.empty, "2 of 3", "'dog', 'eel'", ".jpeg")
  }

  @Test func aFolderWithoutClassesSaysWhatIsExpected() throws {
    expectError(.empty, "holds no folders", "one folder of images per class")
    try add("1.jpg", "2.jpg")
    expectError(.empty, "holds 2 images but no folders")
  }

  @Test func aMissingFolderIsNamed() throws {
    #expect { try ImageFolder(folder.path + "/nowhere") } throws: { error in
      (error as? DatasetsError)?.code == .notFound && "\(error)".contains("nowhere")
    }
    try add("file.jpg")
    #expect { try ImageFolder(folder.path + "/file.jpg") } throws: { "\($0)".contains("is a file, not a folder") }
  }

  @Test func imagesAreDecoded() throws {
    try add("cat/1.jpg")
    #expect(try ImageFolder(folder.path).image(at: 0) == Image(contentsOf: Goldens.path("one-pixel.jpg")))
  }

  @Test func aDamagedImageIsNamed() throws {
    try add("cat/1.jpg")
    try folder.write(Data([0xFF, 0xD8, 0xFF, 0xE0]), to: "cat/2.jpg")
    let dataset = try ImageFolder(folder.path)
    #expect { try dataset.image(at: 1) } throws: { "\($0)".contains("cat/2.jpg: the JPEG is damaged") }
  }

  @Test func controlCharactersInNamesAreEscaped() throws {
    try add("cat/1.jpg")
    try folder.write(Data(), to: "cat/2\u{1B}[31m.jpg")
    let dataset = try ImageFolder(folder.path)
    #expect { try dataset.image(at: 1) } throws: {
      !"\($0)".contains("\u{1B}") && "\($0)".contains(#"2\u{1B}[31m.jpg"#)
    }
  }

  @Test func listsTakeFilesAndFolders() throws {
    try add("x/2.jpg", "x/1.jpg", "x/y/3.png", "4.jpg", "x/notes.txt")
    let list = try ImageList(filesAndFolders: ["\(folder.path)/4.jpg", "\(folder.path)/x"])
    #expect(list.paths.map { $0.dropFirst(folder.path.count + 1) } == ["4.jpg", "x/1.jpg", "x/2.jpg", "x/y/3.png"])
    #expect(!list.isLabelled && list.label(of: 0) == -1)
    try FileManager.default.createDirectory(atPath: folder.path + "/empty", withIntermediateDirectories: false)
    #expect { try ImageList(filesAndFolders: [folder.path + "/empty"]) } throws: {
      ($0 as? DatasetsError)?.code == .empty
    }
  }
}

@Suite struct NewFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func names(_ path: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/\(path)").sorted()
  }

  @Test(arguments: ["new", "new/"])
  func itAppearsWhole(name: String) throws {
    try NewFolder.make(at: "\(folder.path)/\(name)") { unfinished in
      try Data().write(to: URL(filePath: unfinished + "/1.png"))
      #expect(try names() == ["new.part"])
    }
    #expect(try names() == ["new"] && names("new") == ["1.png"])
  }

  @Test func whatFailsLeavesNothing() throws {
    #expect(throws: CancellationError.self) {
      try NewFolder.make(at: folder.path + "/new") { unfinished in
        try Data().write(to: URL(filePath: unfinished + "/1.png"))
        throw CancellationError()
      }
    }
    #expect(try names().isEmpty)
  }

  /// Found before anything is written.
  @Test func whatIsInTheWayIsNamed() throws {
    try folder.write(Data(), to: "full/test/1.png")
    try folder.write(Data(), to: "killed.part/train/1.png")
    for (name, says) in [
      ("full", "full: is not empty"), ("killed", "killed.part: is what is left of writing"), ("", "is not empty"),
      (".", "no name for a new folder"), ("full/..", "no name for a new folder"),
    ] {
      #expect { try NewFolder.make(at: "\(folder.path)/\(name)") { _ in Issue.record("\(name) is begun") } } throws: {
        "\($0)".contains(says)
      }
    }
    try FileManager.default.createDirectory(atPath: folder.path + "/empty", withIntermediateDirectories: false)
    try NewFolder.make(at: folder.path + "/empty") { try Data().write(to: URL(filePath: $0 + "/1.png")) }
    #expect(try names("empty") == ["1.png"])
  }
}

@Suite struct WritingTests {
  /// In a container every process may have the same number, and one was killed.
  @Test func whatIsLeftOfAKilledProcessIsInNobodysWay() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/class_indices.json"
    for left in ["", "-1", "-2"] {
      try folder.write(Data("left".utf8), to: "class_indices.json.\(getpid())\(left).part")
    }
    try ClassIndices(names: ["a", "b"]).write(to: path)
    #expect(try ClassIndices(contentsOf: path).names == ["a", "b"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 4)
    #expect { try ClassIndices(names: ["a"]).write(to: folder.path + "/none/x.json") } throws: {
      "\($0)".contains("x.json: cannot be written")
    }
  }
}

@Suite struct RelabelingTests {
  @Test func labelsFollowNames() throws {
    #expect(try labelMapping(from: ["ant", "cat"], to: ["ant", "bee", "cat"]) == [0, 2])
    let dataset = try SyntheticDataset().relabeled(to: ["zero", "odd", "even"])
    #expect(dataset.classNames == ["zero", "odd", "even"])
    #expect((0..<4).map(dataset.label) == [2, 1, 2, 1])
    #expect(try dataset.image(at: 3) == SyntheticDataset().image(at: 3))
    #expect(try SyntheticDataset().relabeled(to: ["even", "odd"]) is SyntheticDataset)
  }

  @Test func everyUnknownClassIsNamed() {
    #expect { try labelMapping(from: ["ant", "dog", "eel"], to: ["ant", "bee"]) } throws: { error in
      (error as? DatasetsError)?.code == .classes && "\(error)".contains("'dog', 'eel'")
        && "\(error)".contains("'ant', 'bee'")
    }
  }
}
