import Checkpoint
import Datasets
import Engine
import Layers

/// Patches that are mixed along space and along channels in turns (Trockman & Kolter 2022, "Patches are all you need?").
struct ConvMixer: Module {
  let channels: Int
  let depth: Int
  let classes: Int

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    var modules: [any Module] = [Conv2d(1, channels, kernel: 4, stride: 4), Activation.gelu, BatchNorm2d(channels)]
    for _ in 0..<depth {
      let space = Conv2d(channels, channels, kernel: 5, padding: 2, groups: channels)
      let mixing = Sequential([space, Activation.gelu, BatchNorm2d(channels)])
      modules.append(Residual(Sequential(["fn": mixing]), rectified: false))
      modules += [Conv2d(channels, channels, kernel: 1), Activation.gelu, BatchNorm2d(channels)]
    }
    modules += [AdaptiveAvgPool2d(1), Flatten(), Linear(channels, classes)]
    return Sequential(modules).emit(into: &builder, at: path, input: input)
  }
}

let graph = Graph(inputChannels: 1, ConvMixer(channels: 32, depth: 3, classes: 10))
print("\(graph.parameterCount) parameters, \(try graph.multiplyAccumulates(input: [1, 28, 28])) multiply-adds")
let network = try Network(graph)
try network.load(graph.initialState(seed: 1))

let images = try FashionMNIST.dataset(.train)
let pixels = try PreprocessingPair(for: images, inputSize: ImageSize(28), channels: 1)
let options = DataLoader.Options(batchSize: 64, shuffle: true)
let batches = try DataLoader(images, preprocessing: pixels.training, options: options).epoch(0)
let program = try network.trainingProgram(batchSize: 64, inputSize: 28)
while let batch = try batches.next(), batch.number < 200 {
  let update = Update(rule: .adam(), learningRate: 0.003, step: batch.number + 1)
  let result = try program.step(images: batch.images, labels: batch.labels, update: update, step: batch.number)
  if batch.number % 50 == 49 { print("step \(batch.number + 1): loss \(result.loss), \(result.correct) of 64 right") }
}
batches.cancel()

// 'zoo inspect mixer.h5' shows it; so does h5py.
var snapshot = Snapshot(net: try network.state())
snapshot.architecture = "conv_mixer"
snapshot.classNames = images.classNames
let path = CommandLine.arguments.dropFirst().first ?? "mixer.h5"
try snapshot.write(to: path)
print("saved \(path)")
