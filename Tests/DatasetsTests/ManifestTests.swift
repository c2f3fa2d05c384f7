import Foundation
import Testing

@testable import Datasets

@Suite struct ManifestTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func manifest(
    _ text: String, _ name: String = "list.json", root: String? = nil, order: ClassOrder = .codePoint
  ) throws -> ImageManifest {
    try ImageManifest(folder.write(Data(text.utf8), to: name), root: root, order: order)
  }

  /// Paths below the folder with their labels.
  private func samples(_ dataset: ImageManifest) -> [String] {
    (0..<dataset.count).map { index in
      let path = dataset.describe(index)
      let name = path.hasPrefix(folder.path + "/") ? String(path.dropFirst(folder.path.count + 1)) : path
      return "\(name) \(dataset.label(of: index))"
    }
  }

  @Test func numbersKeepTheirMeaning() throws {
    let list = try manifest(#"{"image_names": ["b/1.jpg", "a/2.jpg", "b/1.jpg"], "image_labels": [3, 0, 3]}"#)
    #expect(list.classNames == ["0", "1", "2", "3"])
    #expect(samples(list) == ["b/1.jpg 3", "a/2.jpg 0", "b/1.jpg 3"])
    #expect(list.classCounts == [1, 0, 0, 2])
    #expect((0..<3).map(list.identifier) == ["b/1.jpg", "a/2.jpg", "b/1.jpg"])
    let named = try manifest(
      #"{"label_names": ["ant", "bee"], "image_names": ["x.jpg"], "image_labels": [1], "image_sizes": [7]}"#)
    #expect(named.classNames == ["ant", "bee"])
  }

  @Test func namesAreNumberedInOrder() throws {
    let text = #"{"image_names": ["1.jpg", "2.jpg", "3.jpg"], "image_labels": ["c10", "c9", "c10"]}"#
    #expect(try manifest(text).classNames == ["c10", "c9"])
    let natural = try manifest(text, order: .natural)
    #expect(natural.classNames == ["c9", "c10"])
    #expect(samples(natural) == ["1.jpg 1", "2.jpg 0", "3.jpg 1"])
  }

  @Test func imagesAreRead() throws {
    let image = try Data(contentsOf: URL(filePath: Goldens.path("one-pixel.jpg")))
    try folder.write(image, to: "images/cat/1.jpg")
    let list = try manifest(
      #"{"root": "images", "image_names": ["cat/1.jpg", "./cat/../cat/1.jpg"], "image_labels": [0, 0]}"#)
    #expect(try list.image(at: 0) == Image(contentsOf: Goldens.path("one-pixel.jpg")))
    #expect(try list.image(at: 1) == list.image(at: 0))
    let missing = try manifest(#"{"image_names": ["none.jpg"], "image_labels": [0]}"#)
    #expect { try missing.image(at: 0) } throws: { "\($0)".contains("none.jpg: is not there") }
  }

  @Test func theUsersRootIsTheirWord() throws {
    let text = #"{"root": "/etc", "image_names": ["cat/1.jpg"], "image_labels": [0]}"#
    #expect { try manifest(text) } throws: { "\($0)".contains("'/etc', outside of its own folder") }
    #expect(try samples(manifest(text, root: "/data/pets")) == ["/data/pets/cat/1.jpg 0"])
    let absolute = #"{"image_names": ["/data/pets/1.jpg", "/data/pets/x/../2.jpg"], "image_labels": [0, 0]}"#
    #expect(try samples(manifest(absolute, root: "/data/")) == ["/data/pets/1.jpg 0", "/data/pets/x/../2.jpg 0"])
    #expect(try manifest(absolute, root: "/").count == 2)
  }

  @Test(arguments: [
    "../1.jpg", "a/../../1.jpg", "/etc/passwd", "/data/petsecret/1.jpg", "/data/pets/../secret.jpg", "", "a\u{0}.jpg",
    "..",
  ])
  func nothingLeadsOutOfTheRoot(name: String) throws {
    let names = try String(decoding: JSONEncoder().encode(["fine.jpg", name, name]), as: UTF8.self)
    let text = #"{"image_names": \#(names), "image_labels": [0, 0, 0]}"#
    for root in ["/data/pets", nil] {
      #expect { try manifest(text, root: root) } throws: {
        ($0 as? DatasetsError)?.code == .argument && "\($0)".contains("image 2") && "\($0)".contains("nor are 1 more")
      }
    }
  }

  @Test(arguments: [
    ("", "is no JSON"), ("[]", "another kind"), ("{}", "has no 'image_names'"),
    (#"{"image_names": ["a.jpg"]}"#, "has no 'image_labels'"),
    (#"{"image_names": ["a.jpg"], "image_labels": []}"#, "1 image_names but 0 image_labels"),
    (#"{"image_names": ["a.jpg", 3], "image_labels": [0, 1]}"#, "another kind"),
    (#"{"image_names": ["a.jpg"], "image_labels": [-1]}"#, "the label -1"),
    (#"{"image_names": ["a.jpg"], "image_labels": [2.5]}"#, "another kind"),
    (#"{"image_names": ["a.jpg"], "image_labels": [65536]}"#, "the label 65536"),
    (#"{"image_names": ["a.jpg"], "image_labels": [9223372036854775807]}"#, "the label 9223372036854775807"),
    (#"{"image_names": ["a.jpg"], "image_labels": [1], "label_names": ["x"]}"#, "from 0 to 0"),
    (#"{"image_names": ["a.jpg"], "image_labels": ["y"], "label_names": ["x"]}"#, "'y'"),
    (#"{"image_names": [], "image_labels": []}"#, "lists no images"),
    (#"{"root": "../x", "image_names": ["a.jpg"], "image_labels": [0]}"#, "outside of its own folder"),
  ])
  func malformedListsSayWhatIsWrong(text: String, message: String) throws {
    #expect { try manifest(text) } throws: { "\($0)".contains(message) && "\($0)".contains("list.json") }
  }

  @Test func deepNestingIsNoCrash() throws {
    let text = String(repeating: "[", count: 200_000)
    #expect(throws: DatasetsError.self) { try manifest(text) }
    #expect(throws: DatasetsError.self) { try ClassIndices(contentsOf: folder.path + "/list.json") }
  }

  @Test func tablesAreRead() throws {
    let plain = try manifest("cat/1.jpg,cat\r\ndog/1.jpg,dog\n\ncat/2.jpg,cat", "a.csv")
    #expect(plain.classNames == ["cat", "dog"])
    #expect(samples(plain) == ["cat/1.jpg 0", "dog/1.jpg 1", "cat/2.jpg 0"])
    let header = try manifest("\u{FEFF}split,Label,file name,file_name\ntrain,2,?,a.jpg\nval,0,?,b.jpg\n", "b.CSV")
    #expect(samples(header) == ["a.jpg 2", "b.jpg 0"])
    #expect(header.classNames == ["0", "1", "2"])
    let quoted = try manifest("\"a, b.jpg\",\"the \"\"big\"\" cat\"\n\"two\nlines.jpg\",x\n", "c.csv")
    #expect(samples(quoted) == ["a, b.jpg 0", "two\nlines.jpg 1"])
    #expect(quoted.classNames == ["the \"big\" cat", "x"])
    #expect(try samples(manifest("path\tlabel\na,b.jpg\t1\n", "d.tsv")) == ["a,b.jpg 1"])
  }

  @Test(arguments: [
    ("a.jpg,0\nb.jpg\n", "line 2 has 1 columns"), ("a.jpg,0,1\n", "line 1 has 3 columns"), ("a.jpg\n", "line 1 has 1"),
    ("path,label\n", "lists no images"), ("\"a.jpg,0\n", "line 1 opens is never closed"),
    ("a.jpg,0\n\"b\"c,0\n", "line 2: text follows a closing quote"), ("a.jpg,-1\n", "the label -1"),
    ("../a.jpg,0\n", "is not below"),
  ])
  func malformedTablesSayWhatIsWrong(text: String, message: String) throws {
    #expect { try manifest(text, "list.csv") } throws: { "\($0)".contains(message) }
  }

  /// Twelve numbers with white space about them are still numbers, and keep their order.
  @Test func whiteSpaceAroundLabelsIsNoPartOfThem() throws {
    let lines = (0..<12).map { "\($0).jpg,\($0.isMultiple(of: 3) ? " " : "")\($0)\($0 == 7 ? " \t" : "")" }
    let list = try manifest("path, label\n" + lines.joined(separator: "\n"), "list.csv")
    #expect(samples(list) == (0..<12).map { "\($0).jpg \($0)" })
    #expect(try manifest("a.jpg, cat\nb.jpg,cat \n", "b.csv").classNames == ["cat"])
  }

  /// One odd cell would make names of all numbers, and number them otherwise.
  @Test(arguments: [
    ("", "line 9: has no label"), (" ", "line 9: has no label"), ("7.0", "line 9: has the label '7.0'"),
    ("5x", "line 9: has the label '5x', which is no whole number, while 11 other labels are numbers"),
    ("\u{1B}", #"line 9: has the label '\u{1B}'"#),
  ])
  func oddLabelsAmongNumbersAreRefused(odd: String, message: String) throws {
    let labels = (0..<12).map { $0 == 7 ? odd : "\($0)" }
    let text = "path,label\n" + labels.enumerated().map { "\($0).jpg,\($1)" }.joined(separator: "\n")
    #expect { try manifest(text, "list.csv") } throws: { "\($0)".contains("list.csv, " + message) }
  }

  @Test func allFractionsAreNoNames() throws {
    #expect { try manifest("a.jpg,0.0\nb.jpg,1.0\n", "list.csv") } throws: {
      "\($0)".contains("line 1: has the label '0.0', which is no whole number, while 1 other labels are numbers")
    }
    // Names that are mostly no numbers are names.
    #expect(try manifest("a.jpg,1\nb.jpg,x\nc.jpg,y\n", "list.csv").classNames == ["1", "x", "y"])
  }

  @Test(arguments: [
    "images,tags\na.jpg,1\nb.jpg,0\n", "what,kind\na.jpg,cat\nb.jpg,dog\n", "a.jpg,one\nb.jpg,1\nc.jpg,2\n",
  ])
  func anUnknownHeaderIsNoImage(text: String) throws {
    #expect { try manifest(text, "list.csv") } throws: {
      "\($0)".contains("list.csv, line 1: looks like a header") && "\($0)".contains("'path' and 'label'")
    }
  }

  @Test func headersMayBeInThePlural() throws {
    #expect(try samples(manifest("images,labels\na.jpg,1\nb.jpg,0\n", "list.csv")) == ["a.jpg 1", "b.jpg 0"])
  }

  /// é of one code point and of two: equal in Swift, and two folders.
  static let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")

  @Test(arguments: [
    (#""image_labels": [0, 1], "label_names": ["cat", "dog", "cat"]"#, "two classes named 'cat'"),
    (#""image_labels": [0, 1], "label_names": ["cat", ""]"#, "whose name is empty"),
    (#""image_labels": ["cat", ""]"#, "whose name is empty"),
    (#""image_labels": ["\#(composed)", "\#(decomposed)"]"#, "how Unicode codes"),
    (#""image_labels": [0, 1], "label_names": ["\#(composed)", "\#(decomposed)"]"#, "how Unicode codes"),
  ])
  func namesTellClassesApart(labels: String, message: String) throws {
    let text = #"{"image_names": ["a.jpg", "b.jpg"], \#(labels)}"#
    #expect { try manifest(text) } throws: {
      ($0 as? DatasetsError)?.code == .classes && "\($0)".contains("list.json") && "\($0)".contains(message)
    }
  }

  @Test func otherEncodingsAndKindsAreRefused() throws {
    let path = try folder.write(Data([0x61, 0xFF, 0x2C, 0x30]), to: "list.csv")
    #expect { try ImageManifest(path) } throws: { "\($0)".contains("is not UTF-8") }
    #expect { try ImageManifest(folder.write(Data(), to: "list.txt")) } throws: {
      "\($0)".contains(".json, .csv, .tsv")
    }
  }
}

@Suite struct ClassIndicesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func indices(_ text: String) throws -> ClassIndices {
    try ClassIndices(contentsOf: folder.write(Data(text.utf8), to: "class_indices.json"))
  }

  @Test func bothDirectionsAreRead() throws {
    #expect(try indices(#"{"1": "bee", "0": "ant", "2": "été/\"x\""}"#).names == ["ant", "bee", "été/\"x\""])
    #expect(try indices(#"{"bee": 1, "ant": 0}"#).names == ["ant", "bee"])
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let names = ["daisy", "rose \"wild\"", "a/b", "tab\there", "語"]
    #expect(try indices(ClassIndices(names: names).text).names == names)
    #expect(ClassIndices(names: ["a", "b"]).text == "{\n    \"0\": \"a\",\n    \"1\": \"b\"\n}\n")
  }

  @Test(arguments: [
    "", "{}", "[]", #"{"0": "a", "2": "b"}"#, #"{"a": 0, "b": 0}"#, #"{"0": "a", "1": "a"}"#, #"{"0": ["a", "b"]}"#,
    #"{"-1": "a"}"#, #"{"a": 99999999999}"#,
  ])
  func malformedIndicesAreRefused(text: String) throws {
    #expect(throws: DatasetsError.self) { try indices(text) }
  }

  @Test func classesAreMatchedByNameOrNamed() throws {
    let byName = try SyntheticDataset().named(by: ClassIndices(names: ["odd", "other", "even"]))
    #expect((0..<2).map(byName.label) == [2, 0] && byName.classNames == ["odd", "other", "even"])
    try folder.write(Data("a.jpg,1\nb.jpg,0\n".utf8), to: "list.csv")
    let list = try ImageManifest("\(folder.path)/list.csv")
    let named = try list.named(by: ClassIndices(names: ["ant", "bee", "cat"]))
    #expect(named.classNames == ["ant", "bee", "cat"] && (0..<2).map(named.label) == [1, 0])
    #expect(throws: DatasetsError.self) { try SyntheticDataset().named(by: ClassIndices(names: ["odd"])) }
  }
}

@Suite struct SplitTests {
  private func split(_ names: [String], seed: UInt64 = 1) throws -> (training: [String], validation: [String]) {
    let folder = try TemporaryFolder()
    for name in names { try folder.write(Data(), to: name) }
    let parts = try ImageFolder(folder.path).split(validationFraction: 0.2, seed: seed)
    func list(_ dataset: any Dataset) -> [String] { (0..<dataset.count).map(dataset.identifier) }
    return (list(parts.training), list(parts.validation))
  }

  private let names = (0..<50).map { "cat/\($0).jpg" } + (0..<20).map { "dog/\($0).jpg" } + ["eel/1.jpg"]

  @Test func everyClassGivesItsShare() throws {
    let parts = try split(names)
    #expect(parts.validation.count == 14 && parts.validation.filter { $0.hasPrefix("cat") }.count == 10)
    #expect(parts.training.contains("eel/1.jpg"))
    #expect(Set(parts.training).union(parts.validation) == Set(names) && parts.training.count == 57)
    #expect(try split(names).validation == parts.validation, "the same wherever the folder lies")
    #expect(try split(names, seed: 2).validation != parts.validation)
  }

  /// Written down, so that a later version divides no run's images anew.
  @Test func thePartsStayTheSame() throws {
    let cats = [11, 15, 2, 21, 28, 29, 36, 4, 42, 45].map { "cat/\($0).jpg" }
    #expect(try split(names).validation == cats + [14, 2, 3, 8].map { "dog/\($0).jpg" })
  }

  @Test func addedImagesMoveFewOthers() throws {
    let before = try split(names)
    let after = try split(names + (50..<55).map { "cat/\($0).jpg" })
    let moved =
      Set(before.validation).subtracting(after.validation).count
      + Set(before.training).subtracting(after.training).count
    #expect(moved <= 5, "\(moved) images changed sides")
  }

  /// What is listed several times is learnt or measured, never both.
  @Test func oneImageIsOnOneSide() throws {
    let folder = try TemporaryFolder()
    let names = (0..<20).flatMap { Array(repeating: "\($0).jpg,\($0 % 2)", count: 3) } + ["0.jpg,1", "5.jpg,0"]
    let list = try ImageManifest(folder.write(Data(names.joined(separator: "\n").utf8), to: "list.csv"))
    for seed in 0..<10 as Range<UInt64> {
      let parts = list.split(validationFraction: 0.25, seed: seed)
      let sides = [parts.training, parts.validation].map { part in Set((0..<part.count).map(part.identifier)) }
      #expect(sides[0].isDisjoint(with: sides[1]))
      #expect(parts.training.count + parts.validation.count == 62 && parts.validation.count >= 6)
    }
  }

  @Test func digestsTellDataApart() throws {
    let dataset = SyntheticDataset()
    #expect(dataset.digest == SyntheticDataset().digest)
    #expect(dataset.digest != SyntheticDataset(count: 22).digest)
    let parts = dataset.split(validationFraction: 0.3, seed: 0)
    #expect(parts.training.digest != parts.validation.digest)
    #expect(try dataset.relabeled(to: ["odd", "even"]).digest != dataset.digest)
  }
}
