import ArgumentParser
import Datasets
import Foundation
import Testing

@testable import zoo_cli

/// What `--workers` comes down to.
struct WorkerCountTests {
  /// One thread for each core, and never more than four, which share them with those that compute.
  @Test func autoIsAThreadForEachCore() throws {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    #expect(WorkerCount.auto.threads == min(cores, 4))
    #expect(DataLoader.Options(batchSize: 1).workers == WorkerCount.auto.threads)
    #expect(WorkerCount(argument: "auto")?.description == "auto")
    #expect(try MachineOptions.parse([]).readers == WorkerCount.auto.threads)
    #expect(try MachineOptions.parse(["--workers", "auto"]).readers == WorkerCount.auto.threads)
  }

  @Test(arguments: [0, 1, 3, 1024])
  func numbersAreThemselves(number: Int) throws {
    #expect(try MachineOptions.parse(["--workers", "\(number)"]).readers == number)
    #expect(WorkerCount(argument: "\(number)")?.description == "\(number)")
  }

  @Test(arguments: ["", "Auto", "2.5", "all"])
  func otherWordsAreRefused(word: String) {
    #expect(throws: (any Error).self) { try MachineOptions.parse(["--workers", word]) }
  }
}
