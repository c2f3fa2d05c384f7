import Foundation
import Tensors
import Testing

@testable import Datasets

@Suite struct WebDatasetTests {
  /// What Python's webdataset reads of the shards in `Goldens/shards`; see `make_shards.py`.
  private struct Expected: Decodable {
    struct Sample: Decodable {
      let key, label: String
      let size: Int
      let pixels: [UInt8]
    }

    let samples: [String: [Sample]]
  }

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func shard(_ name: String) -> String { "\(Goldens.folder)/shards/\(name)" }

  @Test func shardsAreReadAsWebdatasetReadsThem() throws {
    let data = try Data(contentsOf: URL(filePath: Goldens.folder + "/samples.json"))
    let expected = try JSONDecoder().decode(Expected.self, from: data).samples
    #expect(expected.count == 4)
    for (names, samples) in expected {
      let dataset = try WebDataset(names.split(separator: " ").map { Self.shard(String($0)) })
      #expect(dataset.count == samples.count)
      for (index, sample) in samples.enumerated() {
        #expect(dataset.describe(index).hasSuffix(".tar/\(sample.key)"), "\(dataset.describe(index))")
        #expect(dataset.classNames[Int(dataset.label(of: index))] == sample.label)
        var content = SampleContent()
        try dataset.read(index, into: &content)
        #expect(content.count == sample.size, "\(sample.key)")
        let pixels = try dataset.image(at: index).rgbPixels
        #expect(!sample.pixels.isEmpty && pixels.starts(with: sample.pixels), "\(sample.key): \(pixels.prefix(3))")
      }
    }
  }

  @Test func namesMeanShards() throws {
    for name in ["1.tar", "2.tar", "10.TAR", "._1.tar", "notes.txt"] { try folder.write(Data(), to: "all/\(name)") }
    #expect(
      try WebDataset.shards(named: folder.path + "/all")
        == ["1.tar", "10.TAR", "2.tar"].map { "\(folder.path)/all/\($0)" })
    #expect(try WebDataset.shards(named: "x.tar") == ["x.tar"])
    #expect(try WebDataset.shards(named: "cats") == nil)
    #expect(try WebDataset.shards(named: "a-{08..11}.tar") == ["a-08.tar", "a-09.tar", "a-10.tar", "a-11.tar"])
    try folder.write(Data(), to: "all/cat/1.jpg")
    #expect(
      try WebDataset.shards(named: folder.path + "/all") == nil, "a folder of classes with an archive beside them")
  }

  @Test(arguments: [
    ("{0..2}", ["0", "1", "2"]), ("{2..0}", ["2", "1", "0"]), ("{000..010..5}", ["000", "005", "010"]),
    ("a{x,y}-{1..2}b", ["ax-1b", "ax-2b", "ay-1b", "ay-2b"]), ("{a,}", ["a", ""]), ("plain", ["plain"]),
  ])
  func patternsAreExpanded(pattern: String, names: [String]) throws {
    #expect(try BracePattern.expanded(pattern) == names)
  }

  @Test(arguments: [
    "{0..1", "{{0..1}}", "{0}", "{}", "{0..99999999999}", "{0..9223372036854775807}", "{-9223372036854775808..9}",
    "{0..9}{0..99999}", "{0..1..0}", "{0..1..-1}",
  ])
  func malformedPatternsAreRefused(pattern: String) {
    #expect { try BracePattern.expanded(pattern) } throws: { ($0 as? DatasetsError)?.code == .argument }
  }

  private func open(_ archive: Data) throws -> WebDataset { try WebDataset([folder.write(archive, to: "s.tar")]) }

  @Test func otherMembersArePassedOver() throws {
    var archive = TarBytes()
    archive.add("pax", "20 comment=whatever\n", kind: "g")
    archive.add("dir/", "", kind: "5")
    archive.add("__info__", "x")
    archive.add("README", "x")
    archive.add(".hidden", "x")
    archive.add("1.JPG", "x")
    archive.add("1.cls", "0")
    archive.add("1.seg.png", "x")
    archive.add("2.png", "x")
    archive.add("2.json", #"{"id": 1, "class": "1"}"#)
    let dataset = try open(archive.ended)
    #expect((0..<dataset.count).map(dataset.identifier) == ["s.tar/1.jpg", "s.tar/2.png"])
    #expect(dataset.classCounts == [1, 1])
  }

  @Test func aLongNameReplacesTheShortOne() throws {
    var archive = TarBytes()
    archive.add("header", "14 path=n.jpg\n13 mtime=1.5\n", kind: "x")
    archive.add("short.jpg", "x")
    archive.add("@LongLink", "n.cls\u{0}", kind: "L")
    archive.add("short", "5")
    #expect(try open(archive.ended).identifier(of: 0) == "s.tar/n.jpg")
  }

  /// The short name of the header is cut off, and must not stand for a long one that cannot be read.
  @Test(arguments: ["x", "L"] as [Character])
  func aLongNameThatIsNotUTF8IsAnError(kind: Character) throws {
    let record: [UInt8] = Array("13 path=".utf8) + [0xE9] + Array("abc\n".utf8)
    var archive = TarBytes()
    archive.add("long", kind == "x" ? record : [0xE9, 0x61, 0], kind: kind)
    archive.add("cut", "x")
    #expect { try open(archive.ended) } throws: { "\($0)".contains("name is not UTF-8") }
    // A folder's name does not matter.
    var folder = TarBytes()
    folder.add("long", kind == "x" ? record : [0xE9, 0x61, 0], kind: kind)
    folder.add("cut", "", kind: "5")
    folder.add("1.jpg", "x")
    folder.add("1.cls", "0")
    #expect(try open(folder.ended).count == 1)
  }

  @Test func oddLabelsAmongNumbersAreRefused() throws {
    let shards = try (0..<3).map { shard in
      var archive = TarBytes()
      for sample in 0..<4 {
        archive.add("\(sample).jpg", "x")
        archive.add("\(sample).cls", shard == 1 && sample == 2 ? "5x" : " \(sample)\n")
      }
      return try folder.write(archive.ended, to: "\(shard).tar")
    }
    #expect { try WebDataset(shards) } throws: { "\($0)".contains("1.tar/2: has the label '5x'") }
    #expect(try WebDataset([shards[0], shards[2]]).classNames == ["0", "1", "2", "3"])
  }

  @Test(
    arguments: [
      ([("1.cls", "0")], "has no image"), ([("1.jpg", "x")], "has no label"),
      ([("1.jpg", "x"), ("1.png", "x"), ("1.cls", "0")], "has several images"),
      ([("1.jpg", "x"), ("1.JPG", "x")], "two members '.jpg'"),
      ([("1.jpg", "x"), ("1.cls", " ")], "a .cls that is not text"),
      ([("1.jpg", "x"), ("1.cls", "-3")], "the label -3"), ([("1.jpg", "x"), ("1.cls", "99999")], "the label 99999"),
      ([("1.jpg", "x"), ("1.json", "[1]")], "a .json without"),
      ([("1.jpg", "x"), ("1.json", #"{"label": [1]}"#)], "a .json without"),
      ([("README", "x")], "hold no samples"), ([("1.jpg", "x"), ("2.jpg", "x"), ("1.cls", "0")], "has no label"),
    ] as [([(String, String)], String)])
  func incompleteSamplesAreNamed(members: [(String, String)], message: String) throws {
    var archive = TarBytes()
    for (name, content) in members { archive.add(name, content) }
    let ended = archive.ended
    #expect { try open(ended) } throws: { "\($0)".contains(message) && "\($0)".contains("s.tar") }
  }

  @Test func cutArchivesAreRefused() throws {
    var archive = TarBytes()
    archive.add("1.jpg", [UInt8](repeating: 7, count: 700))
    archive.add("1.cls", "0")
    #expect(try open(archive.ended).count == 1)
    for length in stride(from: 0, through: archive.bytes.count, by: 256) {
      #expect { try open(Data(archive.bytes[..<length])) } throws: { "\($0)".contains("was cut") || length == 0 }
    }
  }

  @Test func damagedHeadersAreRefused() throws {
    var archive = TarBytes()
    archive.add("1.jpg", "x")
    archive.add("1.cls", "0")
    var bytes = Array(archive.ended)
    bytes[3] ^= 1
    #expect { try open(Data(bytes)) } throws: { "\($0)".contains("its header is damaged") }
    #expect { try open(Data(gzip(Array(archive.ended)))) } throws: { "\($0)".contains(".tar.gz is not read") }
    var large = TarBytes()
    large.add("1.jpg", [1], size: 0o7777_7777_777)
    #expect { try open(large.ended) } throws: { "\($0)".contains("so it was cut") }
    for record in ["99 path=x\n", "-1 path=x\n", "0 path=x\n", "12 size=-12\n", "22 size=99999999999999\n", "3 x"] {
      var extended = TarBytes()
      extended.add("header", record, kind: "x")
      extended.add("1.jpg", "x")
      extended.add("1.cls", "0")
      #expect(throws: DatasetsError.self, "\(record)") { try open(extended.ended) }
    }
  }

  /// Any bytes flipped: an error or other samples, never a crash.
  @Test func randomDamageIsNoCrash() throws {
    let whole = try Data(contentsOf: URL(filePath: Self.shard("pax.tar")))
    var random = RandomSource(seed: 5, purpose: .synthetic)
    for _ in 0..<200 {
      var bytes = Array(whole.prefix(5120))
      for _ in 0..<1 + random.integer(below: 4) {
        bytes[random.integer(below: bytes.count)] = UInt8(random.integer(below: 256))
      }
      guard let dataset = try? open(Data(bytes)) else { continue }
      for index in 0..<dataset.count { _ = try? dataset.image(at: index) }
    }
  }

  @Test func aShardThatChangedIsNoticed() throws {
    var archive = TarBytes()
    archive.add("1.cls", "0")
    archive.add("1.jpg", [UInt8](repeating: 7, count: 700))
    let dataset = try open(archive.ended)
    try folder.write(Data(), to: "s.tar")
    // The disk may be gone: that is not one bad image.
    #expect { try dataset.image(at: 0) } throws: {
      "\($0)".contains("it became shorter") && ($0 as? DatasetsError)?.code == .unreadable
    }
  }
}

@Suite struct ShardOrderTests {
  private let folder: TemporaryFolder
  private let dataset: WebDataset

  init() throws {
    folder = try TemporaryFolder()
    let image = try Array(Data(contentsOf: URL(filePath: Goldens.path("one-pixel.jpg"))))
    for shard in 0..<5 {
      var archive = TarBytes()
      for sample in 0..<8 {
        archive.add("\(shard)\(sample).jpg", image)
        archive.add("\(shard)\(sample).cls", "\(sample % 2)")
      }
      try folder.write(archive.ended, to: "\(shard).tar")
    }
    dataset = try WebDataset(BracePattern.expanded(folder.path + "/{0..4}.tar"), shuffleBuffer: 6)
  }

  private func order(_ dataset: any Dataset, epoch: UInt64 = 0) -> [Int] {
    var random = RandomSource(seed: 1, purpose: .shuffle, first: epoch)
    return dataset.shuffled(by: &random)
  }

  @Test func everySampleComesOnceAndNearItsNeighbours() {
    let first = order(dataset)
    #expect(first.sorted() == Array(0..<40))
    #expect(order(dataset) == first && order(dataset, epoch: 1) != first)
    // A sample is drawn once it is in the buffer: never before those that are to be read before it.
    let shards = first.map { $0 / 8 }
    var seen: [Int] = []
    for shard in shards where !seen.contains(shard) { seen.append(shard) }
    #expect(seen.count == 5 && seen != [0, 1, 2, 3, 4])
    let streamed = seen.flatMap { Array($0 * 8..<$0 * 8 + 8) }
    for (place, sample) in first.enumerated() {
      let read = streamed.firstIndex(of: sample) ?? 0
      #expect(read <= place + 6, "sample \(sample) is shown before it could be in the buffer")
    }
  }

  @Test func aBufferOfOneKeepsEachShardsOrder() throws {
    let plain = try WebDataset(dataset.shards, shuffleBuffer: 1)
    let order = order(plain)
    for start in stride(from: 0, to: 40, by: 8) {
      #expect(Array(order[start..<start + 8]) == Array(order[start]..<order[start] + 8))
    }
    #expect(throws: DatasetsError.self) { try WebDataset(dataset.shards, shuffleBuffer: 0) }
  }

  @Test func partsKeepTheOrderOfTheWhole() throws {
    let parts = dataset.split(validationFraction: 0.25, seed: 3)
    let whole = order(dataset).map(dataset.identifier).filter { name in
      (0..<parts.training.count).contains { parts.training.identifier(of: $0) == name }
    }
    #expect(order(parts.training).map(parts.training.identifier) == whole && whole.count == 30)
  }

  @Test(arguments: [0, 1, 3])
  func epochsAreTheSameForAnyWorkersAndFromAnyBatch(workers: Int) throws {
    func batches(_ workers: Int, from start: Int = 0) throws -> [[Int]] {
      let loader = try DataLoader(
        dataset, preprocessing: .train(inputSize: ImageSize(2)),
        options: .init(batchSize: 7, shuffle: true, seed: 9, workers: workers))
      let epoch = try loader.epoch(4, startingAt: start)
      var batches: [[Int]] = []
      while let batch = try epoch.next() { batches.append(batch.indices) }
      return batches
    }
    let reference = try batches(0)
    #expect(try batches(workers) == reference)
    for start in 0...6 { #expect(try batches(workers, from: start) == Array(reference.dropFirst(start))) }
  }
}
