import Checkpoint
import OrderedCollections
import Tensors
import Testing

struct ConversionRulesTests {
  private static func names(_ rules: ConversionRules) throws -> [String] {
    Array(try rules.applied(to: LazySnapshot(Samples.training())).snapshot.net.keys)
  }

  @Test(arguments: [
    (["^features\\.=body."], "body.0.weight"), (["features\\.(\\d)\\.=b$1_"], "b0_weight"),
    (["\\.=/", "weight=w"], "features/0/w"), (["(.+)=\\1.\\\\"], "features.0.weight.\\"),
  ])
  func renames(rules texts: [String], first: String) throws {
    var rules = ConversionRules()
    rules.renames = try texts.map(RenameRule.init)
    #expect(try Self.names(rules).first == first)
  }

  @Test func optimizerFollowsItsParameters() throws {
    var rules = ConversionRules()
    rules.renames = [try RenameRule(parsing: "^=net.")]
    rules.drop = [try NameExpression("bias$")]
    rules.prefix = "x."
    let result = try rules.applied(to: LazySnapshot(Samples.training()))
    #expect(result.dropped == ["features.0.bias"])
    #expect(
      Array(result.snapshot.net.keys) == [
        "x.net.features.0.weight", "x.net.features.1.running_mean", "x.net.features.1.num_batches_tracked",
        "x.net.classifier.weight",
      ])
    #expect(
      result.snapshot.metadata.optimizer?.groups.map(\.parameters) == [
        ["x.net.features.0.weight"], ["x.net.classifier.weight"],
      ])
    #expect(Set(result.snapshot.optimizerState.keys) == ["x.net.features.0.weight", "x.net.classifier.weight"])
  }

  @Test func onlyTheNet() throws {
    var rules = ConversionRules()
    rules.isWeightsOnly = true
    let result = try rules.applied(to: LazySnapshot(Samples.training()))
    #expect(result.snapshot.metadata.optimizer == nil && result.snapshot.optimizerState.isEmpty)
    #expect(result.snapshot.metadata.position == nil && result.snapshot.metadata.settings == .null)
    #expect(result.snapshot.metadata.classNames.count == 4)
    #expect(result.dropped == ["the optimizer", "the position of the training"])
  }

  @Test(arguments: [
    ("x", "REGEX=TEMPLATE"), ("=y", "REGEX=TEMPLATE"), ("(=y", "no regular expression"), ("a=$2", "uses group 2"),
    ("a=b\\", "lone"), ("\\d+=", "both be called"),
  ])
  func wrongRules(text: String, complaint: String) throws {
    #expect {
      var rules = ConversionRules()
      rules.renames = [try RenameRule(parsing: text)]
      _ = try rules.applied(to: LazySnapshot(Snapshot(net: ["a.1": Tensor(scalar: 1), "a.2": Tensor(scalar: 2)])))
    } throws: { error in "\(error)".contains(complaint) }
  }

  @Test func rulesThatLeaveNothingAreRefused() throws {
    var rules = ConversionRules()
    rules.only = [try NameExpression("^zzz")]
    #expect(throws: CheckpointError.self) { try rules.applied(to: LazySnapshot(Samples.training())) }
  }

  @Test func typesChangeAndOverflowIsRefused() throws {
    let snapshot = Snapshot(net: [
      "a": Tensor([Float](arrayLiteral: 1, 70_000), shape: [2]), "n": Tensor(scalar: Int64(7)),
    ])
    var rules = ConversionRules()
    rules.dtype = .bfloat16
    let half = try rules.applied(to: LazySnapshot(snapshot)).snapshot.loaded().net
    #expect(half["a"]?.dtype == .bfloat16 && half["n"]?.dtype == .int64)
    rules.dtype = .float16
    #expect { _ = try rules.applied(to: LazySnapshot(snapshot)).snapshot.loaded() } throws: {
      "\($0)".contains("'a' holds 1 numbers too large for float16")
    }
    rules.isLossy = true
    let lossy = try rules.applied(to: LazySnapshot(snapshot)).snapshot.loaded().net
    #expect(try #require(lossy["a"]).elements(as: Float16.self) == [1, .infinity])
  }
}
