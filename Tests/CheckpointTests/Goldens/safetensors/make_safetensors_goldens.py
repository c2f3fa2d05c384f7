"""Writes the files of this folder with the library safetensors: run `python make_safetensors_goldens.py` here.

`SafetensorsTests.swift` says what must come of each. None is written by zoo.
"""

import json
import os

import torch
from safetensors.torch import save_file

TYPES = ("bool uint8 int8 float8_e5m2 float8_e4m3fn int16 uint16 float16 bfloat16 int32 uint32 float32 complex64 float64 "
         "int64 uint64").split()

tensors = {name: torch.arange(6).reshape(2, 3).to(getattr(torch, name)) for name in TYPES}
tensors["scalar"] = torch.tensor(2.5)
tensors["empty"] = torch.zeros(0, 4)
save_file(tensors, "every_type.safetensors", metadata={"format": "pt", "note": "é \" \n"})

# The order of a module is not that of the file.
state = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).state_dict()
torch.manual_seed(1)
save_file({name: torch.ones_like(value) for name, value in state.items()}, "module.safetensors")

save_file({"a.weight": torch.ones(2, 2), "b.weight": torch.zeros(3)}, "part-00001-of-00002.safetensors",
          metadata={"format": "pt"})
save_file({"c.weight": torch.arange(4, dtype=torch.int64)}, "part-00002-of-00002.safetensors", metadata={"format": "pt"})
with open("part.safetensors.index.json", "w") as file:
    json.dump({
        "metadata": {"total_size": 60, "made_by": "hand"},
        "weight_map": {
            "c.weight": "part-00002-of-00002.safetensors",
            "a.weight": "part-00001-of-00002.safetensors",
            "b.weight": "part-00001-of-00002.safetensors",
        },
    }, file, indent=1)

for name in sorted(os.listdir(".")):
    if not name.endswith(".py"):
        print(f"{os.path.getsize(name):8} {name}")
