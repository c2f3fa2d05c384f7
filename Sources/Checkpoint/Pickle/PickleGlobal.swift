/// A function or class that a pickle names, and never gets.
struct PickleGlobal: Hashable, Sendable {
  /// The module, by Python 3's name.
  let module: String
  /// The name in it; dots lead to what lies inside a class.
  let name: String

  /// Translates Python 2's names of modules.
  init(module: String, name: String) {
    var (module, name) = (module, name)
    switch (module, name) {
    case ("__builtin__", "xrange"): (module, name) = ("builtins", "range")
    case ("__builtin__", "unicode"): (module, name) = ("builtins", "str")
    case ("__builtin__", "long"): (module, name) = ("builtins", "int")
    case ("UserDict", _): module = "collections"
    default: module = Self.modernModules[module] ?? module
    }
    self.module = module
    self.name = name
  }

  /// The name after the last dot, in the module before it.
  init(fullName: String) {
    let dot = fullName.lastIndex(of: ".")
    self.init(
      module: dot.map { String(fullName[..<$0]) } ?? "",
      name: dot.map { String(fullName[fullName.index(after: $0)...]) } ?? fullName)
  }

  /// `collections.OrderedDict`
  var fullName: String { "\(module).\(name)" }

  private static let modernModules = [
    "__builtin__": "builtins", "copy_reg": "copyreg", "cPickle": "pickle", "commands": "subprocess",
    "exceptions": "builtins", "thread": "_thread", "cStringIO": "io", "StringIO": "io", "Queue": "queue",
  ]
}

// MARK: - Which of them may stand in a file

extension PickleGlobal {
  /// What making an object by this name would amount to.
  enum Nature: Sendable, Hashable {
    /// Its meaning is known, and zoo makes a value of it by itself.
    case known
    /// A class, by the look of its name: the object becomes a record of what it was given.
    case `class`
    /// A function, or a class that acts when an object of it is made: the file would have it called.
    case action
  }

  /// What this name is.
  ///
  /// A pickle has one instruction for making an object and for calling a function, and zoo looks up neither: only the name
  /// tells them apart. The rule is Python's convention (PEP 8). A name is a class's when it begins with a capital letter
  /// after any underscores, and so does each part of it before a dot. Everything else is a function's, unless it is on
  /// the list of what is ``known``; so is everything in modules that start programs, load code, or reach the system
  /// (`os`, `subprocess`, `builtins`, …), whatever it is called.
  ///
  /// The rule decides what is refused and what is shown. It is not what keeps the reader safe: that nothing is called is.
  var nature: Nature {
    if Self.knownNames.contains(fullName) || Self.isTorchStorage(self) { return .known }
    return isOfActingModule || !looksLikeClass ? .action : .class
  }

  /// Whether the module is one whose classes do something when an object of them is made.
  var isOfActingModule: Bool {
    if Self.actingModules.contains(module) { return true }
    var prefix = module
    while true {
      if Self.actingPackages.contains(prefix) { return true }
      guard let dot = prefix.lastIndex(of: ".") else { return false }
      prefix = String(prefix[..<dot])
    }
  }

  private var looksLikeClass: Bool {
    name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      part.drop { $0 == "_" }.first?.isUppercase ?? false
    }
  }

  /// `torch.FloatStorage`, `torch.cuda.HalfStorage`, …
  private static func isTorchStorage(_ global: PickleGlobal) -> Bool {
    ["torch", "torch.cuda", "torch.storage"].contains(global.module) && global.name.hasSuffix("Storage")
  }

  /// Modules that start programs, load code, reach the network or the file system, or look other things up. A package of
  /// somebody's own may have such a name, `code` or `test`, and modules in it.
  private static let actingModules = names(
    """
    _io _operator _pickle _posixsubprocess _thread asyncore atexit bdb builtins cProfile code codeop copy copyreg doctest
    ftplib functools gc glob imaplib imp inspect io linecache logging marshal mmap nt ntpath operator pdb pickle pkgutil
    platform poplib posix posixpath profile pty pydoc resource rlcompleter runpy shelve shlex shutil signal site smtplib
    socket socketserver ssl subprocess sys sysconfig tarfile telnetlib tempfile test threading timeit trace tracemalloc
    turtle types webbrowser winreg zipfile zipimport
    """)

  /// The same, with all modules in them.
  private static let actingPackages = names(
    """
    asyncio cloudpickle concurrent ctypes dill distutils ensurepip http idlelib importlib joblib lib2to3 multiprocessing
    os pip requests setuptools sqlite3 tkinter torch.distributed.rpc torch.hub torch.jit torch.utils.cpp_extension urllib
    venv xmlrpc
    """)

  /// What zoo understands, or shows under its own name: types of values, and PyTorch's and numpy's ways to make tensors.
  private static let knownNames = names(
    """
    _codecs.encode argparse.Namespace builtins.bool builtins.bytearray builtins.bytes builtins.complex builtins.dict
    builtins.float builtins.frozenset builtins.int builtins.list builtins.object builtins.range builtins.set
    builtins.slice builtins.str builtins.tuple collections.Counter collections.OrderedDict collections.defaultdict
    collections.deque copyreg.__newobj__ copyreg.__newobj_ex__ copyreg._reconstructor datetime.date
    datetime.datetime datetime.time datetime.timedelta datetime.timezone decimal.Decimal fractions.Fraction
    functools.partial numpy._core.multiarray._reconstruct numpy._core.multiarray.scalar
    numpy._core.numeric._frombuffer numpy.core.multiarray._reconstruct numpy.core.multiarray.scalar
    numpy.core.numeric._frombuffer numpy.dtype numpy.ndarray numpy.random.__RandomState_ctor
    numpy.random._pickle.__bit_generator_ctor numpy.random._pickle.__generator_ctor
    numpy.random._pickle.__randomstate_ctor pathlib.Path pathlib.PosixPath pathlib.PurePath pathlib.PurePosixPath
    pathlib.PureWindowsPath pathlib.WindowsPath pathlib._local.Path pathlib._local.PosixPath
    pathlib._local.PurePosixPath pathlib._local.WindowsPath re._compile torch.Size torch.Tensor
    torch._tensor._rebuild_from_type torch._tensor._rebuild_from_type_v2
    torch._utils._rebuild_device_tensor_from_cpu_tensor torch._utils._rebuild_device_tensor_from_numpy
    torch._utils._rebuild_meta_tensor_no_storage torch._utils._rebuild_parameter
    torch._utils._rebuild_parameter_with_state torch._utils._rebuild_qtensor torch._utils._rebuild_sparse_tensor
    torch._utils._rebuild_tensor torch._utils._rebuild_tensor_v2 torch._utils._rebuild_tensor_v3
    torch._utils._rebuild_wrapper_subclass torch._utils._rebuild_xla_tensor torch.device
    torch.jit._pickle.build_boollist torch.jit._pickle.build_doublelist torch.jit._pickle.build_intlist
    torch.jit._pickle.build_tensorlist torch.jit._pickle.restore_type_tag torch.nn.parameter.Buffer
    torch.nn.parameter.Parameter torch.nn.parameter._rebuild_parameter torch.serialization._get_layout
    types.SimpleNamespace uuid.UUID
    """)

  private static func names(_ text: String) -> Set<String> {
    Set(text.split { $0.isWhitespace }.map(String.init))
  }
}
