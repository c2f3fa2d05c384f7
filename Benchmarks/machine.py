"""What the numbers were measured on."""

import os
import platform
import re
import subprocess
from datetime import date
from pathlib import Path


def cpu_field(name):
    match = re.search(rf"^{name}\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return match.group(1) if match else "unknown"


def instruction_sets():
    """Those that the kernels of both sides choose by."""
    flags = cpu_field("flags").split()
    known = ["avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"]
    return [flag for flag in known if flag in flags]


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def onednn_version():
    """The version of the library that zoo is linked with."""
    text = "".join(header.read_text() for header in Path("/usr/include").rglob("dnnl_version.h"))
    numbers = dict(re.findall(r"#define DNNL_VERSION_(MAJOR|MINOR|PATCH)\s+(\d+)", text))
    return ".".join(numbers.get(part, "?") for part in ("MAJOR", "MINOR", "PATCH"))


def describe(zoo, threads):
    import torch
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    onednn = re.search(r"Intel\(R\) MKL-DNN (v[\d.]+)", torch.__config__.show())
    return {
        "date": date.today().isoformat(),
        "processor": f"{cpu_field('model name')} (family {cpu_field('cpu family')}, model {cpu_field('model')}), "
                     f"{len(os.sched_getaffinity(0))} processors, {' '.join(instruction_sets())}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.freedesktop_os_release().get('PRETTY_NAME')}, Linux {platform.release()}",
        "zoo": f"{first_line(zoo, '--version')}, oneDNN {onednn_version()}, {first_line('swift', '--version')}",
        "PyTorch": f"{torch.__version__}, oneDNN {onednn.group(1) if onednn else 'unknown'}, "
                   f"Python {platform.python_version()}",
        "threads": threads,
        "precision": "float32",
    }
