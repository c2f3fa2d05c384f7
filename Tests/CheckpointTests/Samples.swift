import Checkpoint
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Snapshots for tests.
enum Samples {
  /// A tensor of random bytes; booleans are 0 or 1. Large ones repeat: random numbers are slow in a debug build.
  static func tensor(_ dtype: DType, _ shape: Shape, seed: UInt64) -> Tensor {
    var random = RandomSource(seed: seed, purpose: .synthetic)
    return Tensor(shape, dtype: dtype) { bytes in
      let period = min(bytes.count, 1021)
      for index in 0..<period {
        let byte = UInt8(truncatingIfNeeded: random.nextWord())
        bytes[index] = dtype == .bool ? byte & 1 : byte
      }
      guard let start = bytes.baseAddress, period > 0 else { return }
      for next in stride(from: period, to: bytes.count, by: period) {
        memcpy(start + next, start, min(period, bytes.count - next))
      }
    }
  }

  /// A small net with everything that a training saves.
  static func training(seed: UInt64 = 1) -> Snapshot {
    var net = StateDict()
    net["features.0.weight"] = tensor(.float32, [64, 3, 11, 11], seed: seed)
    net["features.0.bias"] = tensor(.float32, [64], seed: seed + 1)
    net["features.1.running_mean"] = tensor(.float32, [64], seed: seed + 2)
    net["features.1.num_batches_tracked"] = Tensor(scalar: Int64(12))
    net["classifier.weight"] = tensor(.float32, [10, 2000], seed: seed + 3)
    var snapshot = Snapshot(net: net)
    snapshot.architecture = "alexnet_half_bn"
    snapshot.arguments = ["num_classes": 10, "dropout": 0.5]
    snapshot.optimizer = OptimizerSnapshot(
      kind: "sgd", step: 1234,
      groups: [
        .init(
          hyperparameters: ["lr": 0.01, "momentum": 0.9, "nesterov": false, "betas": [0.9, 0.999], "maximize": nil],
          parameters: ["features.0.weight", "features.0.bias"]),
        .init(hyperparameters: ["lr": 0.1], parameters: ["classifier.weight"]),
      ],
      state: [
        "features.0.weight": ["momentum_buffer": tensor(.float32, [64, 3, 11, 11], seed: seed + 4)],
        "classifier.weight": ["momentum_buffer": tensor(.float32, [10, 2000], seed: seed + 5)],
      ])
    snapshot.schedule = ["kind": "cosine", "base_lr": 0.1, "warmup_epochs": 5, "milestones": [30, 60]]
    snapshot.position = TrainingPosition(epoch: 3, step: 1234, batchesDone: 17)
    snapshot.settings = ["model": "alexnet", "epochs": 4, "optimizer": ["kind": "sgd"]]
    snapshot.seed = .max
    snapshot.classNames = ["T-shirt/top", "Trouser", "Sneaker \u{1F45F}", ""]
    snapshot.preprocessing = ["resize": 256, "mean": [0.485, 0.456, 0.406]]
    snapshot.metrics = ["val_top1": 0.875, "train_loss": 1e-5]
    snapshot.created = "2025-01-31T12:00:00Z"
    snapshot.provenance = [["from": "alexnet.pth", "by": "zoo convert"]]
    return snapshot
  }

  /// A net so small that it can be saved and read a thousand times in a test.
  static func small() -> Snapshot {
    var snapshot = training()
    snapshot.net = snapshot.net.filter { $1.count < 1000 }
    snapshot.net["weight"] = tensor(.float16, [30, 20], seed: 8)
    snapshot.optimizer?.state = ["weight": ["momentum_buffer": tensor(.float32, [30, 20], seed: 9)]]
    return snapshot
  }

  /// Whether two tensors are the same. `isIdentical` says so too, slowly in a debug build.
  private static func isSame(_ first: Tensor, _ second: Tensor) -> Bool {
    guard first.dtype == second.dtype, first.shape == second.shape else { return false }
    return first.withUnsafeBytes { left in
      second.withUnsafeBytes { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return first.byteCount == 0 }
        return memcmp(left, right, first.byteCount) == 0
      }
    }
  }

  /// What differs between two snapshots; empty when they are the same to the last bit.
  static func differences(_ first: Snapshot, _ second: Snapshot) -> [String] {
    var differences: [String] = []
    func compare(_ what: String, _ isSame: Bool) { if !isSame { differences.append(what) } }
    compare("names", first.net.names == second.net.names)
    for name in first.net.names {
      if let tensor = first.net[name], let other = second.net[name] { compare(name, isSame(tensor, other)) }
    }
    compare("architecture", first.architecture == second.architecture)
    compare("arguments", first.arguments == second.arguments)
    compare("module versions", first.moduleVersions == second.moduleVersions)
    compare("schedule", first.schedule == second.schedule)
    compare("position", first.position == second.position)
    compare("settings", first.settings == second.settings)
    compare("seed", first.seed == second.seed)
    compare("class names", first.classNames == second.classNames)
    compare("preprocessing", first.preprocessing == second.preprocessing)
    compare("metrics", first.metrics == second.metrics)
    compare("created", first.created == second.created)
    compare("provenance", first.provenance == second.provenance)
    compare("optimizer", first.optimizer?.kind == second.optimizer?.kind)
    compare("optimizer step", first.optimizer?.step == second.optimizer?.step)
    compare("groups", first.optimizer?.groups == second.optimizer?.groups)
    let (state, other) = (first.optimizer?.state ?? [:], second.optimizer?.state ?? [:])
    compare("state", state.mapValues { $0.keys.sorted() } == other.mapValues { $0.keys.sorted() })
    for (name, slots) in state {
      for (slot, tensor) in slots {
        compare("\(name).\(slot)", other[name]?[slot].map { isSame(tensor, $0) } ?? false)
      }
    }
    return differences
  }
}
