extension GraphDrawing {
  /// The drawing in Graphviz's language, a cluster for each module: `dot -Tpdf` makes a picture of it.
  public var dot: String {
    var lines = [
      "digraph \(Self.quoted(title)) {",
      "  label=\(Self.quoted(title)); labelloc=t; fontname=\"Helvetica\"; compound=true;",
      "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11];",
      "  edge [color=\"#555555\", arrowsize=0.6];",
      "  v0 [label=\(Self.quoted("input\n\(Self.text(input))")), shape=oval, fillcolor=white];",
    ]
    write(ModuleTree(graph), indent: "  ", to: &lines)
    for (index, result) in results.enumerated() {
      lines.append("  r\(index) [label=\(Self.quoted(result.name)), shape=oval, fillcolor=white];")
    }
    for node in graph.nodes {
      for input in node.inputs { lines.append("  v\(input.index) -> v\(node.output.index);") }
    }
    for (index, result) in results.enumerated() { lines.append("  v\(result.value.index) -> r\(index);") }
    return lines.joined(separator: "\n") + "\n}\n"
  }

  private func write(_ module: ModuleTree, indent: String, to lines: inout [String]) {
    for item in module.items {
      switch item {
      case .node(let index):
        let label = label(index)
        let colors = Self.colors(graph.nodes[index].operation.kind)
        lines.append(
          "\(indent)v\(graph.nodes[index].output.index) ["
            + "label=\(Self.quoted("\(label.name)  \(label.operation)\n\(label.detail)")), "
            + "tooltip=\(Self.quoted(label.tooltip)), fillcolor=\"\(colors.fill)\", color=\"\(colors.stroke)\"];")
      case .module(let inner):
        lines.append("\(indent)subgraph \(Self.quoted("cluster_" + inner.path)) {")
        lines.append(
          "\(indent)  label=\(Self.quoted(inner.path)); labeljust=l; style=\"rounded\"; color=\"#9aa4b0\"; fontsize=10;"
        )
        write(inner, indent: indent + "  ", to: &lines)
        lines.append("\(indent)}")
      }
    }
  }

  /// A text in quotation marks; line breaks are those of a label.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
