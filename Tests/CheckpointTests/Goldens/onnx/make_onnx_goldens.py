"""Writes the models of this folder with the library onnx: run `python make_onnx_goldens.py` here.

`OnnxTests.swift` says what must come of each. None is written by zoo.
"""

import os

import numpy as np
import onnx
from onnx import TensorProto, external_data_helper, helper, numpy_helper

SIX = np.arange(6).reshape(2, 3)
NUMPY = "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 float64 complex64 complex128".split()
NAMES = dict(float16="FLOAT16", float32="FLOAT", float64="DOUBLE")
MORE = {"bfloat16": TensorProto.BFLOAT16, "float8_e4m3fn": TensorProto.FLOAT8E4M3FN, "float8_e5m2": TensorProto.FLOAT8E5M2}


def tensors():
    """Every type, as raw bytes and as numbers in fields."""
    for name in NUMPY:
        yield numpy_helper.from_array(SIX.astype(name), "raw." + name)
        kind = getattr(TensorProto, NAMES.get(name, name.upper()))
        yield helper.make_tensor("fields." + name, kind, (2, 3), SIX.astype(name).flatten().tolist())
    for name, kind in MORE.items():
        tensor = helper.make_tensor("fields." + name, kind, (2, 3), SIX.flatten().astype(float).tolist())
        yield tensor
        raw = TensorProto(name="raw." + name, data_type=kind, dims=(2, 3))
        raw.raw_data = numpy_helper.to_array(tensor).tobytes()
        yield raw
    yield helper.make_tensor("int4", TensorProto.INT4, (5,), [1, -2, 3, -8, 7])
    yield helper.make_tensor("uint4", TensorProto.UINT4, (3,), [1, 15, 8])
    yield helper.make_tensor("negative", TensorProto.INT8, (2,), [-1, -128])
    yield helper.make_tensor("scalar", TensorProto.FLOAT, (), [2.5])
    yield helper.make_tensor("empty", TensorProto.FLOAT, (0, 4), [])


def constant(name, values):
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.float32(values), "ignored"))


def model(graph, **more):
    made = helper.make_model(graph, producer_name="hand", producer_version="1.2", ir_version=10,
                             opset_imports=[helper.make_opsetid("", 21)], **more)
    made.metadata_props.add(key="note", value="é")
    return made


value = helper.make_tensor_value_info
graph = helper.make_graph([], "g", [], [value("scalar", TensorProto.FLOAT, ())], list(tensors()))
onnx.save(model(graph), "every_type.onnx")

branch = helper.make_graph([constant("c", [5, 6])], "then", [], [value("c", TensorProto.FLOAT, (2,))],
                           [numpy_helper.from_array(np.float32([7]), "w")])
other = helper.make_graph([constant("c", [8])], "else", [], [value("c", TensorProto.FLOAT, (1,))])
function = helper.make_function("own", "F", [], ["k"], [constant("k", [9])], [helper.make_opsetid("", 21)])
graph = helper.make_graph(
    [constant("c", [1, 2, 3]), helper.make_node("If", ["cond"], ["y"], name="branch", then_branch=branch, else_branch=other)],
    "g", [value("cond", TensorProto.BOOL, ())], [value("y", TensorProto.FLOAT, None)],
    [numpy_helper.from_array(np.float32([4]), "w")])
onnx.save(model(graph, functions=[function]), "graphs.onnx")

outside = [numpy_helper.from_array(np.arange(300, dtype=np.float32), "a"), numpy_helper.from_array(np.int64([1, 2]), "b")]
graph = helper.make_graph([], "g", [], [value("a", TensorProto.FLOAT, (300,))], outside)
if os.path.exists("external.data"):
    os.remove("external.data")
onnx.save(model(graph), "external.onnx", save_as_external_data=True, location="external.data", size_threshold=100)

numbers = [helper.make_node("Constant", [], [name], **{kind: number}) for name, kind, number in [
    ("float", "value_float", 2.5), ("none", "value_float", 0.0), ("floats", "value_floats", [1.5, -2.0, 1e-30]),
    ("int", "value_int", -3), ("ints", "value_ints", [2**62, -1, 0]), ("one", "value_ints", [7])]]
graph = helper.make_graph(numbers, "g", [], [value("float", TensorProto.FLOAT, ())])
onnx.save(model(graph), "numbers.onnx")

texts = helper.make_tensor("texts", TensorProto.STRING, (1,), [b"a"])
small = helper.make_tensor("small", TensorProto.FLOAT4E2M1, (2,), [1, 2])
sparse = helper.make_sparse_tensor(helper.make_tensor("s", TensorProto.FLOAT, (1,), [1.0]),
                                   helper.make_tensor("i", TensorProto.INT64, (1,), [2]), [4])
others = [
    helper.make_node("Constant", [], ["word"], value_string="a"),
    helper.make_node("Constant", [], ["words"], value_strings=["a", "b"]),
    helper.make_node("Constant", [], ["thin"], sparse_value=sparse)]
graph = helper.make_graph(others, "g", [], [value("good", TensorProto.FLOAT, (1,))],
                          [texts, small, numpy_helper.from_array(np.float32([1]), "good")], sparse_initializer=[sparse])
onnx.save(model(graph), "refused.onnx")

for name in sorted(os.listdir(".")):
    if not name.endswith(".py"):
        print(f"{os.path.getsize(name):8} {name}")
