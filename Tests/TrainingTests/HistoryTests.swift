import Checkpoint
import Fixtures
import Foundation
import Testing

@testable import Training

/// What is made of a run's log.
struct HistoryTests {
  static let entries: [JSONValue] = [
    [
      "event": "start", "time": "2026-11-23T14:00:00Z", "step": 0, "epoch": 0, "settings": ["model": "lenet5"],
      "steps_per_epoch": 4, "class_names": ["a", "b"],
    ],
    [
      "event": "step", "time": "2026-11-23T14:00:01Z", "step": 2, "epoch": 1, "batch_loss": 0.5, "loss": 0.75,
      "top1": 0.25,
      "lr": 0.1, "images_per_second": 10.5,
    ],
    [
      "event": "epoch", "time": "2026-11-23T14:00:02Z", "step": 4, "epoch": 1, "loss": 0.625, "top1": 0.5,
      "val_loss": 0.5,
      "val_top1": 0.75, "lr": 0.1, "best": true, "seconds": 1.5, "confusion": [[3, 1], [0, 2]],
    ],
    [
      "event": "step", "time": "2026-11-23T14:00:03Z", "step": 6, "epoch": 2, "batch_loss": 0.25, "loss": 0.375,
      "top1": 0.5, "lr": 0.05, "images_per_second": 11,
    ],
    [
      "event": "epoch", "time": "2026-11-23T14:00:04Z", "step": 8, "epoch": 2, "loss": 0.25, "top1": 0.75,
      "val_loss": 0.625,
      "val_top1": 0.5, "lr": 0.05, "best": false, "seconds": 1.25,
    ],
    ["event": "finished", "step": 8, "epoch": 2], ["event": "epoch", "step": "x"], [],
  ]

  static let history = RunHistory(name: "r", entries)

  @Test func readsWhatTheLogSays() {
    let history = Self.history
    #expect(history.model == "lenet5" && history.classNames == ["a", "b"])
    #expect(history.steps.map(\.step) == [2, 6] && history.steps.map(\.epoch) == [0.5, 1.5])
    #expect(history.steps[0].time == 1_795_442_401 && history.steps[0].batchLoss == 0.5)
    #expect(history.epochs.map(\.epoch) == [1, 2] && history.epochs[0].confusion == [[3, 1], [0, 2]])
    #expect(history.epochs[1].values["val_top5"] == nil && history.epochs[1].values["val_loss"] == 0.625)
    // An epoch that stands twice counts once: the later.
    let twice = RunHistory(name: "r", Self.entries + [["event": "epoch", "step": 4, "epoch": 1, "loss": 9]])
    #expect(twice.epochs.map(\.epoch) == [1] && twice.epochs[0].values["loss"] == 9)
  }

  @Test func tables() {
    #expect(
      Self.history.epochsCSV == """
        epoch,step,train_loss,train_top1,val_loss,val_top1,val_top5,lr,seconds,best\r
        1,4,0.625,0.5,0.5,0.75,,0.1,1.5,1\r
        2,8,0.25,0.75,0.625,0.5,,0.05,1.25,0\r\n
        """)
    #expect(
      Self.history.stepsCSV == """
        step,epoch,batch_loss,loss,top1,lr,images_per_second\r
        2,0.5,0.5,0.75,0.25,0.1,10.5\r
        6,1.5,0.25,0.375,0.5,0.05,11.0\r\n
        """)
    #expect(SeparatedText.text([["a,b", "c\"d", "e"]]) == "\"a,b\",\"c\"\"d\",e\r\n")
  }

  /// RFC 3720, appendix B.4.
  @Test func castagnoli() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
  }

  /// The first record is one that every TensorFlow writes; the rest is read by TensorBoard in `make interop`.
  @Test func eventFiles() throws {
    let bytes = try Self.history.tensorBoardEvents()
    var (place, records) = (0, [ArraySlice<UInt8>]())
    while place < bytes.count {
      let length = bytes[place..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      let head = CRC32C.masked(Array(bytes[place..<place + 8]))
      #expect(bytes[place + 8..<place + 12].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } == head)
      let body = bytes[place + 12..<place + 12 + length]
      let end = place + 12 + length
      #expect(bytes[end..<end + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } == CRC32C.masked(Array(body)))
      records.append(body)
      place = end + 4
    }
    #expect(records.count == 5)
    #expect(Array(records[0].suffix(15)) == [0x1A, 13] + Array("brain.Event:2".utf8))
    let tags = ["batch/loss", "validation/top1", "batch/learning_rate", "train/loss"]
    for (record, tag) in zip(records.dropFirst(), tags) {
      #expect(String(decoding: record, as: UTF8.self).contains(tag))
    }
    #expect(try bytes == RunHistory(name: "r", Self.entries).tensorBoardEvents())
  }

  /// A log may be anybody's: counts that cannot be added up are no matrix, and keys that are no names no columns.
  @Test(arguments: [-1, Int.max, 1 << 41]) func hostileLogsAreDrawn(count: Int) throws {
    let entry: JSONValue = [
      "event": "epoch", "step": 4, "epoch": 1, "loss": 1, "\u{1B}[31m": 2, "a,b\n": 3,
      "confusion": [[.integer(count), .integer(count)], [0, 2]],
    ]
    let history = RunHistory(name: "r", [entry])
    #expect(history.epochs[0].confusion == nil && history.epochs[0].values == ["loss": 1])
    #expect(!Figure([history]).svg.isEmpty)
  }

  @Test func noLogIsNoError() throws {
    let empty = RunHistory(name: "r", [])
    #expect(try empty.epochsCSV.hasPrefix("epoch,step,") && empty.tensorBoardEvents().count > 20)
    #expect(Figure([empty]).svg.contains("nothing to draw yet"))
  }
}
