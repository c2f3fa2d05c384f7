/// Where everything stands in a native checkpoint: the words of the format, version 1.
///
/// - Root attributes: ``format``, ``formatVersion`` and the others below. JSON values are texts.
/// - `/net/<state-dict name>`: datasets in module order. See ``H5Name`` for the few characters that are escaped.
/// - `/optimizer`: attributes `kind` and `step`; `/optimizer/groups/<n>`: the hyper-parameters as attributes and
///   `parameters`, the names; `/optimizer/state/<parameter>/<slot>`: datasets.
/// - `/schedule`: attributes.
/// - `/others`: what other programs keep in their files and a snapshot has no place for: the attribute `values`, and its
///   tensors as datasets.
///
/// A bare weights file has `/net` alone. Other attributes are notes: shown by `zoo inspect`, and not loaded.
enum NativeLayout {
  static let version = 1
  static let formatName = "zoo-checkpoint"

  // Groups.
  static let net = "net"
  static let optimizer = "optimizer"
  static let groups = "groups"
  static let state = "state"
  static let schedule = "schedule"
  static let others = "others"

  // Attributes of the root.
  static let format = "format"
  static let formatVersion = "format_version"
  static let producer = "producer"
  static let architecture = "architecture"
  static let arguments = "arguments"
  static let moduleVersions = "module_versions"
  static let epoch = "epoch"
  static let step = "step"
  static let batchesDone = "batches_done"
  static let seed = "seed"
  static let settings = "settings"
  static let classNames = "class_names"
  static let preprocessing = "preprocessing"
  static let metrics = "metrics"
  static let created = "created"
  static let provenance = "provenance"

  /// The attributes of the root that are JSON texts.
  static let jsonAttributes = [arguments, moduleVersions, preprocessing, metrics, provenance, settings]

  // Attributes of the optimizer.
  static let kind = "kind"
  static let parameters = "parameters"
  /// After the name of a hyper-parameter or of a value of the schedule: it is JSON (``ExactJSON``), as no attribute can hold
  /// it. No name ends so: `%` is escaped.
  static let jsonSuffix = "%json"

  /// The attribute of the others: everything but the tensors, as ``ExactJSON``.
  static let values = "values"
}
