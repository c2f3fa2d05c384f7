import Testing

@testable import Zoo

/// Versions of modules, against those that torchvision's models write (`state_dict()._metadata`).
@Suite struct ModuleVersionsTests {
  /// The model, its root's version, and how many modules have version 2.
  @Test(arguments: [
    ("mnasnet0_5", 2, 53), ("resnet18", 1, 20), ("densenet121", 1, 125), ("alexnet", 1, 0), ("vit_b_16", 1, 12),
    ("mobilenet_v2", 1, 52), ("mobilenet_v3_small", 1, 34), ("efficientnet_b0", 1, 49), ("efficientnet_v2_s", 1, 110),
    ("regnet_y_400mf", 1, 53), ("convnext_tiny", 1, 0),
  ])
  func versions(model: String, root: Int, twos: Int) throws {
    let entry = try Registry.model(named: model)
    let versions = entry.moduleVersions(of: try entry.build())
    #expect(versions.first?.path == "" && versions.first?.version == root)
    #expect(versions.count { $0.version == 2 } == twos)
    #expect(Set(versions.map(\.path)).count == versions.count)
    #expect(versions.allSatisfy { $0.version == 1 || $0.version == 2 })
  }

  /// Each module before those in it, with the modules around that have no operation of their own.
  @Test func order() throws {
    let entry = try Registry.model(named: "resnet18")
    let paths = entry.moduleVersions(of: try entry.build()).map(\.path)
    let first = try #require(paths.firstIndex(of: "layer1"))
    #expect(Array(paths[first..<first + 3]) == ["layer1", "layer1.0", "layer1.0.conv1"])
  }

  /// A normalisation that runs after attention and is registered before it.
  @Test func orderOfRegistration() throws {
    let entry = try Registry.model(named: "swin_v2_t")
    let paths = entry.moduleVersions(of: try entry.build()).map(\.path)
    let block = paths.filter { $0.hasPrefix("features.1.0.") && $0.split(separator: ".").count == 4 }
    #expect(block.map { $0.dropFirst(13) } == ["norm1", "attn", "stochastic_depth", "norm2", "mlp"])
  }
}
