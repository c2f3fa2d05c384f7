public import Checkpoint
import OrderedCollections
import Zoo

extension LazySnapshot {
  /// The same with the versions of its modules, as PyTorch would write them, when the file does not say them and the net
  /// is a model of the registry: the one that the file names, or the one that its tensors fit.
  public var withModuleVersions: LazySnapshot {
    guard metadata.moduleVersions.isEmpty, let versions = registryVersions else { return self }
    var snapshot = self
    snapshot.metadata.moduleVersions = versions
    return snapshot
  }

  private var registryVersions: OrderedDictionary<String, Int>? {
    let found = namedModel?.entry ?? Registry.fitting(netShapes)?.entry
    // Neither the number of classes nor any other argument changes which modules there are.
    guard let found, let graph = try? found.build() else { return nil }
    return OrderedDictionary(uniqueKeysWithValues: found.moduleVersions(of: graph).map { ($0.path, $0.version) })
  }
}
