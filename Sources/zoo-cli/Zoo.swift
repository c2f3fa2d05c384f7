import ArgumentParser

/// The `zoo` command.
@main
struct Zoo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zoo",
    abstract: "A model zoo for image classification: train, evaluate and use networks, natively.",
    discussion: """
      A first training, stopped with Ctrl-C and taken up again:

        zoo train alexnet_half_bn --data fashion-mnist --epochs 3 --run first
        zoo resume first
        zoo evaluate first@best --data fashion-mnist
        zoo predict first@best photo.jpg

      A folder of your own holds one folder of images for each class.

      Wherever a checkpoint is asked for, RUN@best, RUN@last and RUN@12 (after epoch 12) name those of a run in the \
      store (./models unless --store says otherwise), beside plain paths. So do the names of registered weights \
      ('zoo weights list') and MODEL@DATA for the trained models that come with zoo, such as resnet20@fashion-mnist.

      Exit codes:
        0   done
        1   failed; the message on standard error says what to do; lr-find: no rate is suggested
        2   diff: a file cannot be read; verify: numbers are not finite; data verify: only
            what is worth a look
        3   the loss is not finite any more; the last good checkpoint is kept
        64  the command line makes no sense
        75  stopped by a signal after saving; the message says how to go on; lr-find saves nothing

      Shell completions: zoo --generate-completion-script bash|zsh|fish
      """,
    version: "zoo 0.1.0",
    subcommands: [
      ListCommand.self, ShowCommand.self, TrainCommand.self, ResumeCommand.self, RunsCommand.self,
      EvaluateCommand.self, PredictCommand.self, ExplainCommand.self, InspectCommand.self, ConvertCommand.self,
      ExportCommand.self,
      DiffCommand.self,
      VerifyCommand.self, DataCommand.self, BenchCommand.self, LearningRateFindCommand.self,
      LearningRatePlotCommand.self, ConfigCommand.self, PlotCommand.self, WeightsCommand.self, ImportCommand.self,
    ])

  /// Runs the command line. Everything that goes wrong is said in one form: `zoo: error: …`.
  static func main() {
    var parsed: (any ParsableCommand)?
    do {
      var command = try Configuration.parsed(Array(CommandLine.arguments.dropFirst()))
      parsed = command
      try command.run()
    } catch {
      Failure(error, of: parsed).report()
    }
  }
}
