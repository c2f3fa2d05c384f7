import CKernels
import COneDNN
import Layers
import Tensors

extension Compiler {
  /// Channels that change places, are left out or are new zeros.
  /// - Parameter map: The input's channel for each of the result's, −1 for zeros. No channel stands in it twice.
  func emitChannelMap(_ group: FusedGraph.Group, _ map: [Int32]) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let (source, blocks) = try blocked(input, module: module)
    let target = blocks.with(channels: map.count)
    let result = allocate(try Descriptor(extents(of: group.output), target.layout))
    let channels = map.map { zk_channel(source: $0 < 0 ? -1 : 0, channel: $0) }
    emitGather([(source, blocks)], into: result, target, channels, module: module, pass: "forward")
    define(group.output, result)

    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      var inverse = [zk_channel](repeating: zk_channel(source: -1, channel: 0), count: blocks.channels)
      for (place, channel) in map.enumerated() where channel >= 0 {
        inverse[Int(channel)] = zk_channel(source: 0, channel: Int32(place))
      }
      let sourceGradient = self.allocate(source.descriptor)
      self.emitGather([(given, target)], into: sourceGradient, blocks, inverse, module: module, pass: "backward data")
      try self.contribute(input, sourceGradient, isExclusive: true, module: module)
    }
  }

  /// Images one behind the other along the channels, in the layout of the largest.
  func emitConcat(ofImages group: FusedGraph.Group) throws(EngineError) {
    let module = group.node.name
    let largest = group.inputs.max { shapes[$0].count < shapes[$1].count } ?? group.inputs[0]
    let (_, model) = try blocked(largest, module: module)
    let target = model.with(channels: shapes[group.output][0])
    let result = allocate(try Descriptor(extents(of: group.output), target.layout))
    var sources: [(operand: Operand, blocks: ChannelBlocks)] = []
    var map: [zk_channel] = []
    for (number, input) in group.inputs.enumerated() {
      sources.append(try blocked(input, module: module))
      map += (0..<Int32(shapes[input][0])).map { zk_channel(source: Int32(number), channel: $0) }
    }
    emitGather(sources, into: result, target, map, module: module, pass: "forward")
    define(group.output, result)

    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      var first: Int32 = 0
      for (input, source) in zip(group.inputs, sources) {
        let channels = Int32(source.blocks.channels)
        defer { first += channels }
        guard self.wantsGradient(input) else { continue }
        let part = (first..<first + channels).map { zk_channel(source: 0, channel: $0) }
        let sourceGradient = self.allocate(source.operand.descriptor)
        self.emitGather(
          [(given, target)], into: sourceGradient, source.blocks, part, module: module, pass: "backward data")
        try self.contribute(input, sourceGradient, isExclusive: true, module: module)
      }
    }
  }

  /// - Parameter map: An entry for each channel of the result.
  private func emitGather(
    _ sources: [(operand: Operand, blocks: ChannelBlocks)], into result: Operand, _ to: ChannelBlocks,
    _ map: [zk_channel], module: String, pass: String
  ) {
    let zeros = to.outer * to.block - map.count
    let map = map + Array(repeating: zk_channel(source: -1, channel: 0), count: zeros)
    let (from, to, threads) = (sources.map(\.blocks.kernel), to.kernel, Int32(backend.threads))
    emit(module, pass, kernel: "zoo:channels", sources.map(\.operand) + [result]) { places, _ in
      let starts = places.dropLast().map { UnsafePointer($0.floats) }
      zk_channel_gather(starts, from, places[places.count - 1].floats, to, map, threads)
    }
  }

  /// Part of an axis.
  func emitNarrow(_ group: FusedGraph.Group, axis: Int, start: Int, count: Int) throws(EngineError) {
    let input = group.inputs[0]
    if axis == 0, shapes[input].rank == 3 {
      return try emitChannelMap(group, (start..<start + count).map(Int32.init))
    }
    let module = group.node.name
    let plain = try Descriptor(extents(of: input), ZDNN_PLAIN)
    let source = try reorder(input, to: plain, module: module)
    var offsets = [Int](repeating: 0, count: shapes[input].rank + 1)
    offsets[axis + 1] = start
    let part = extents(of: group.output)
    let result = allocate(try Descriptor(part, ZDNN_PLAIN))
    try emitCopy(
      try window(source, part, at: offsets, module: module), to: result, module: module, pass: "forward")
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let target = self.allocate(plain)
      self.emitZeros(target, module: module, pass: "backward data")
      try self.emitCopy(
        gradient.operand, to: try self.window(target, part, at: offsets, module: module), module: module,
        pass: "backward data")
      try self.contribute(input, target, isExclusive: true, module: module)
    }
  }

  /// scale·x + shift with constants for each channel.
  func emitChannelAffine(_ group: FusedGraph.Group, scale: [Double], shift: [Double]) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let (images, channels, area) = (batch, shapes[input][0], shapes[input].count / shapes[input][0])
    let threads = Int32(backend.threads)
    let plain = try Descriptor(extents(of: input), ZDNN_PLAIN)
    let source = try reorder(input, to: plain, module: module)
    func emitAffine(_ source: Operand, into result: Operand, shift: [Double], pass: String) {
      let (scale, shift) = (scale.map(Float.init), shift.map(Float.init))
      emit(module, pass, kernel: "zoo:channel_affine", [source, result]) { places, _ in
        zk_channel_affine(places[0].floats, places[1].floats, scale, shift, images, channels, area, threads)
      }
    }
    let result = allocate(plain)
    emitAffine(source, into: result, shift: shift, pass: "forward")
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let given = try self.reorder(gradient.operand, to: plain, module: module, pass: "backward data")
      let target = self.allocate(plain)
      emitAffine(given, into: target, shift: shift.map { _ in 0 }, pass: "backward data")
      try self.contribute(input, target, isExclusive: true, module: module)
    }
  }

  /// Whole images that are left out of a branch, and the others scaled.
  func emitStochasticDepth(_ group: FusedGraph.Group, _ probability: Double) throws(EngineError) {
    guard probability > 0 else { return emitIdentity(group) }
    let module = group.node.name
    let input = group.inputs[0]
    let source = operand(input)
    let result = allocate(source.descriptor)
    let factors = allocate(try Descriptor([batch], ZDNN_PLAIN))
    let (images, seed, layer) = (batch, options.seed, UInt64(group.node.output.index))
    emit(module, "forward", kernel: "zoo:stochastic_depth", [factors]) { places, context in
      let stream = RandomSource(seed: seed, purpose: .dropout, first: UInt64(context.step), second: layer).stream
      let ones = [Float](repeating: 1, count: images)
      zk_dropout(
        ones, places[0].floats, images, probability, (0..<4).map { stream.counter[$0] },
        [stream.key[0], stream.key[1]], 1)
    }
    emitImageScale(source, factors, into: result, module: module, pass: "forward")
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let target =
        gradient.isExclusive ? gradient.operand : self.allocate(gradient.operand.descriptor)
      self.emitImageScale(gradient.operand, factors, into: target, module: module, pass: "backward data")
      try self.contribute(input, target, isExclusive: true, module: module)
    }
  }

  /// Every layout has the images outermost.
  private func emitImageScale(
    _ source: Operand, _ factors: Operand, into result: Operand, module: String, pass: String
  ) {
    let (images, count, threads) = (batch, source.descriptor.elementCount / batch, Int32(backend.threads))
    emit(module, pass, kernel: "zoo:image_scale", [source, factors, result]) { places, _ in
      zk_image_scale(places[0].floats, places[1].floats, places[2].floats, images, count, threads)
    }
  }
}
