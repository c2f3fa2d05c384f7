public import ArgumentParser
import Engine
public import Training

extension OptimizerSettings.Kind: ExpressibleByArgument {}

/// A pattern of parameter names and what their learning rate is multiplied with.
struct RateFactor: ExpressibleByArgument {
  let pattern: String
  let factor: Double

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="), equals != argument.startIndex,
      let factor = Double(argument[argument.index(after: equals)...])
    else { return nil }
    pattern = String(argument[..<equals])
    self.factor = factor
  }
}

/// How a gradient changes a parameter. What is not given is the rule's default.
struct OptimizerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The update rule: sgd, adam, adamw, rmsprop, adagrad, nadam, lion or lamb. (default: sgd)", valueName: "rule"))
  var optimizer: OptimizerSettings.Kind?

  @Option(
    name: .customLong("lr"), parsing: .unconditional,
    help: ArgumentHelp(
      "The learning rate. (default: 0.01 for sgd, rmsprop and adagrad, 0.0002 for adam and adamw, 0.002 for nadam, 0.0001 "
        + "for lion, 0.001 for lamb)", valueName: "rate"))
  var learningRate: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Weight decay. (default: 0.0001 for sgd, 0.01 for adamw and lamb, otherwise 0)", valueName: "x"))
  var weightDecay: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Momentum of sgd and rmsprop. (default: 0.9 for sgd, 0 for rmsprop)", valueName: "x"))
  var momentum: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The share of a gradient kept out of sgd's momentum. (default: 0)", valueName: "x"))
  var dampening: Double?

  @Flag(
    inversion: .prefixedNo, help: "Nesterov's momentum for sgd. (default: no)")
  var nesterov: Bool?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Decay of the mean gradient of adam and its kin. (default: 0.9)", valueName: "x"))
  var beta1: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Decay of the mean square of adam and its kin. (default: 0.999, 0.99 for lion)", valueName: "x"))
  var beta2: Double?

  @Option(
    name: .customLong("eps"), parsing: .unconditional,
    help: ArgumentHelp(
      "What is added to the denominator. (default: 1e-8, 1e-10 for adagrad, 1e-6 for lamb)", valueName: "x"))
  var epsilon: Double?

  @Flag(
    inversion: .prefixedNo, help: "Divide adam's and adamw's steps by the largest mean square so far. (default: no)")
  var amsgrad: Bool?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Decay of rmsprop's mean square. (default: 0.99)", valueName: "x"))
  var alpha: Double?

  @Flag(
    inversion: .prefixedNo, help: "Divide rmsprop's steps by the deviation of the gradient. (default: no)")
  var centered: Bool?

  @Option(
    name: .customLong("lr-decay"), parsing: .unconditional,
    help: ArgumentHelp("Adagrad divides its rate by 1 + x·(step - 1). (default: 0)", valueName: "x"))
  var rateDecay: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What adagrad's sums of squares begin with. (default: 0)", valueName: "x"))
  var initialAccumulator: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How fast nadam's momentum grows to beta1. (default: 0.004)", valueName: "x"))
  var momentumDecay: Double?

  @Flag(
    inversion: .prefixedNo, help: "Keep nadam's weight decay apart from the gradient, as adamw does. (default: no)")
  var decoupledWeightDecay: Bool?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Weight decay of normalisations. (default: that of --weight-decay)", valueName: "x"))
  var normWeightDecay: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Weight decay of the biases of all other layers. (default: as before)", valueName: "x"))
  var biasWeightDecay: Double?

  @Option(
    name: .customLong("lr-for"),
    help: ArgumentHelp(
      "Multiply the learning rate of parameters by name: 'classifier.*=10'. Repeatable; the first that fits decides.",
      valueName: "pattern=x"))
  var rateFactors: [RateFactor] = []

  /// The settings that the options mean.
  /// - Parameter known: The optimizer of a training that is gone on with, for what the options do not say.
  func settings(_ known: OptimizerSettings? = nil) -> OptimizerSettings {
    let kind = optimizer ?? known?.kind ?? .sgd
    let same = known?.kind == kind ? known : nil
    return OptimizerSettings(
      kind, learningRate: learningRate ?? same?.learningRate, momentum: momentum ?? same?.momentum,
      dampening: dampening ?? same?.dampening, nesterov: nesterov ?? same?.nesterov ?? false,
      weightDecay: weightDecay ?? same?.weightDecay, beta1: beta1 ?? same?.beta1, beta2: beta2 ?? same?.beta2,
      epsilon: epsilon ?? same?.epsilon, amsgrad: amsgrad ?? same?.amsgrad ?? false, alpha: alpha ?? same?.alpha,
      centered: centered ?? same?.centered ?? false, rateDecay: rateDecay ?? same?.rateDecay,
      initialAccumulator: initialAccumulator ?? same?.initialAccumulator,
      momentumDecay: momentumDecay ?? same?.momentumDecay,
      decoupledWeightDecay: decoupledWeightDecay ?? same?.decoupledWeightDecay ?? false,
      normWeightDecay: normWeightDecay ?? same?.normWeightDecay,
      biasWeightDecay: biasWeightDecay ?? same?.biasWeightDecay,
      overrides: rateFactors.map { ParameterOverride([$0.pattern], rateFactor: $0.factor) } + (same?.overrides ?? []))
  }
}
