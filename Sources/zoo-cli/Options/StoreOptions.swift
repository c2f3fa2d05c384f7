import ArgumentParser
import Checkpoint

/// Where runs are kept.
struct StoreOptions: ParsableArguments {
  static let defaultFolder = "./models"

  @Option(help: ArgumentHelp("The folder that keeps all runs.", valueName: "folder"))
  var store = StoreOptions.defaultFolder

  /// Where a word that stands for a checkpoint is looked for: among the runs, the user's weights and the models that come
  /// with zoo.
  var checkpoints: RunStore {
    RunStore(folder: store, weights: .user(), shipped: .installed(beside: store))
  }

  /// ` --store DIR` when it is not the default, for commands that are shown to the user.
  var argument: String { store == Self.defaultFolder ? "" : " --store \(ShellText.quoted(store))" }
}

/// Text that a user can copy into a shell.
enum ShellText {
  /// The word itself when it is harmless, in single quotes otherwise.
  static func quoted(_ word: String) -> String {
    let isHarmless =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
          || "@%+=:,./-_".unicodeScalars.contains($0)
      }
    return isHarmless
      ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
