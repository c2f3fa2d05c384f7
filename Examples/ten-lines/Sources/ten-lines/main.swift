import Datasets
import Engine
import Layers
import Zoo

let network = try Network(Registry.model(named: "lenet5").build())
try network.load(network.graph.initialState(seed: 1))
let images = try FashionMNIST.dataset(.train)
let pixels = try PreprocessingPair(for: images, inputSize: ImageSize(32), channels: 1).training
let batches = try DataLoader(images, preprocessing: pixels, options: .init(batchSize: 60, shuffle: true)).epoch(0)
let program = try network.trainingProgram(batchSize: 60, inputSize: 32)
while let batch = try batches.next() {
  let update = Update(rule: .sgd(momentum: 0.9), learningRate: 0.05, step: batch.number + 1)
  let result = try program.step(images: batch.images, labels: batch.labels, update: update, step: batch.number)
  if batch.number % 100 == 99 { print("step \(batch.number + 1): loss \(result.loss), \(result.correct) of 60 right") }
}
