"""The cases: which operations in which configurations, and which small nets."""


def pair(value):
    return list(value) if isinstance(value, tuple) else [value, value]


def conv(name, i, o, k, s=1, p=0, d=1, g=1, bias=True, at=None):
    return dict(name=name, op="conv2d", inChannels=i, outChannels=o, kernel=pair(k), stride=pair(s), padding=pair(p),
                dilation=pair(d), groups=g, bias=bias, inputs=at)


def linear(name, i, o, bias=True, at=None):
    return dict(name=name, op="linear", inFeatures=i, outFeatures=o, bias=bias, inputs=at)


def norm(name, c, epsilon=1e-5, momentum=0.1, at=None):
    return dict(name=name, op="batchNorm2d", features=c, epsilon=epsilon, momentum=momentum, inputs=at)


def lrn(name, size, alpha=1e-4, beta=0.75, k=1.0, at=None):
    return dict(name=name, op="localResponseNorm", size=size, alpha=alpha, beta=beta, k=k, inputs=at)


def maxpool(name, k, s=None, p=0, d=1, ceil=False, at=None):
    return dict(name=name, op="maxPool2d", kernel=pair(k), stride=pair(s or k), padding=pair(p), dilation=pair(d),
                ceilMode=ceil, inputs=at)


def avgpool(name, k, s=None, p=0, ceil=False, include=True, at=None):
    return dict(name=name, op="avgPool2d", kernel=pair(k), stride=pair(s or k), padding=pair(p), dilation=[1, 1],
                ceilMode=ceil, countIncludePad=include, inputs=at)


def adaptive(name, output, at=None):
    return dict(name=name, op="adaptiveAvgPool2d", output=pair(output), inputs=at)


def pad(name, left, right, top, bottom, at=None):
    return dict(name=name, op="zeroPad2d", sides=[left, right, top, bottom], inputs=at)


def dropout(name, p, at=None):
    return dict(name=name, op="dropout", probability=p, inputs=at)


def layer_norm(name, features, epsilon=1e-5, at=None):
    return dict(name=name, op="layerNorm", features=features, epsilon=epsilon, inputs=at)


def layer_scale(name, features, at=None):
    return dict(name=name, op="layerScale", features=features, inputs=at)


def activation(name, function, at=None):
    return dict(name=name, op="activation", function=function, inputs=at)


def permute(name, *order, at=None):
    return dict(name=name, op="permute", order=list(order), inputs=at)


def narrow(name, start, count, axis=0, at=None):
    return dict(name=name, op="narrow", axis=axis, start=start, count=count, inputs=at)


def shuffle(name, groups, at=None):
    return dict(name=name, op="channelShuffle", groups=groups, inputs=at)


def pad_channels(name, before, after, at=None):
    return dict(name=name, op="padChannels", before=before, after=after, inputs=at)


def affine(name, scale, shift, at=None):
    return dict(name=name, op="channelAffine", scale=scale, shift=shift, inputs=at)


def class_token(name, features, at=None):
    return dict(name=name, op="classToken", features=features, inputs=at)


def positions(name, tokens, features, at=None):
    return dict(name=name, op="positionEmbedding", tokens=tokens, features=features, inputs=at)


def pad_tokens(name, multiple, at=None):
    return dict(name=name, op="padTokens", multiple=pair(multiple), inputs=at)


def attention(name, heads, features, span="all", group=None, shift=0, scale=None, bias="none", hidden=0, at=None):
    """Without a scale, similarities are cosines if `scale` is "cosine", and products by 1 / √features otherwise."""
    cosine = scale == "cosine"
    return dict(name=name, op="attention", heads=heads, headFeatures=features, span=span, group=group and pair(group),
                moved=pair(shift), cosine=cosine, product=None if cosine else scale or features**-0.5,
                positionBias=bias, hidden=hidden, inputs=at)


def plain(op, name, at=None):
    return dict(name=name, op=op, inputs=at)


def relu(name, at=None):
    return plain("relu", name, at)


def chain(nodes):
    """Nodes whose inputs are not told take the value before them."""
    return [dict(node, inputs=[i] if node["inputs"] is None else node["inputs"]) for i, node in enumerate(nodes)]


def case(group, name, image, nodes, **extra):
    """`image` is [N, C, H, W]; `scale`, `shift` and `levels` shape its values, `gain` the weights."""
    return dict(group=group, name=name, image=image, nodes=chain(nodes), **extra)


def operations():
    """One operation each. Its result is flattened and, for the loss, followed by a linear head."""
    def op(group, name, image, *nodes, **extra):
        return case(group, name, image, nodes, head=True, **extra)

    yield op("conv", "conv2d k1", [2, 5, 4, 4], conv("op", 5, 7, 1))
    yield op("conv", "conv2d k1 stride 2, no bias", [2, 8, 5, 5], conv("op", 8, 16, 1, s=2, bias=False))
    yield op("conv", "conv2d k3", [2, 3, 6, 6], conv("op", 3, 4, 3))
    yield op("conv", "conv2d k3 padding 1, channels 16", [1, 16, 6, 6], conv("op", 16, 16, 3, p=1))
    yield op("conv", "conv2d k3 padding 1, no bias", [3, 3, 5, 5], conv("op", 3, 5, 3, p=1, bias=False))
    yield op("conv", "conv2d k3 stride 2 padding 1, even size", [2, 4, 8, 8], conv("op", 4, 6, 3, s=2, p=1))
    yield op("conv", "conv2d k5 padding 2", [2, 3, 7, 7], conv("op", 3, 4, 5, p=2))
    yield op("conv", "conv2d k11 stride 4 padding 2", [2, 3, 23, 23], conv("op", 3, 8, 11, s=4, p=2))
    yield op("conv", "conv2d kernel 3x5", [2, 3, 6, 8], conv("op", 3, 4, (3, 5)))
    yield op("conv", "conv2d kernel 1x7 padding 0x3", [2, 4, 4, 6], conv("op", 4, 4, (1, 7), p=(0, 3)))
    yield op("conv", "conv2d all pairs", [2, 3, 11, 9],
             conv("op", 3, 4, (3, 2), s=(2, 1), p=(1, 0), d=(2, 3)))
    yield op("conv", "conv2d dilation 2", [2, 3, 8, 8], conv("op", 3, 4, 3, p=2, d=2))
    yield op("conv", "conv2d groups 2", [2, 6, 6, 6], conv("op", 6, 8, 3, p=1, g=2))
    yield op("conv", "conv2d groups 8 of 2", [2, 16, 5, 5], conv("op", 16, 16, 3, p=1, g=8, bias=False))
    yield op("conv", "conv2d depthwise", [2, 6, 6, 6], conv("op", 6, 6, 3, p=1, g=6))
    yield op("conv", "conv2d depthwise, twice the channels", [2, 4, 7, 7], conv("op", 4, 8, 3, s=2, p=1, g=4))
    yield op("conv", "conv2d as large as the image", [2, 3, 5, 5], conv("op", 3, 6, 5))
    yield op("conv", "conv2d, one channel in", [2, 1, 8, 8], conv("op", 1, 6, 5, p=2))

    yield op("linear", "linear", [3, 6, 2, 2], plain("flatten", "flatten"), linear("op", 24, 10))
    yield op("linear", "linear, no bias", [2, 7, 1, 1], plain("flatten", "flatten"), linear("op", 7, 5, bias=False))
    yield op("linear", "linear, one row", [1, 16, 3, 3], plain("flatten", "flatten"), linear("op", 144, 9))
    yield op("linear", "flatten", [2, 3, 4, 5])
    yield op("linear", "zeroPad2d", [2, 3, 4, 5], pad("op", 1, 2, 0, 3))
    yield op("linear", "zeroPad2d, all sides 1", [2, 3, 4, 4], pad("op", 1, 1, 1, 1))
    yield op("linear", "relu", [2, 4, 5, 5], relu("op"))
    yield op("linear", "relu of a vector", [3, 11, 1, 1], plain("flatten", "flatten"), relu("op"))
    yield op("linear", "dropout 0", [2, 3, 4, 4], dropout("op", 0.0))
    yield op("linear", "add", [2, 4, 4, 4], conv("left", 4, 6, 1), conv("right", 4, 6, 3, p=1, at=[0]),
             plain("add", "op", at=[1, 2]))
    yield op("linear", "add of a value to itself", [2, 3, 4, 4], plain("add", "op", at=[0, 0]))
    yield op("linear", "concat", [2, 4, 4, 4], conv("left", 4, 3, 1), conv("right", 4, 5, 3, p=1, at=[0]),
             plain("concat", "op", at=[1, 0, 2]))

    yield op("norm", "batchNorm2d", [4, 5, 4, 4], norm("op", 5))
    yield op("norm", "batchNorm2d, eval", [3, 5, 4, 4], norm("op", 5), training=False)
    yield op("norm", "batchNorm2d, epsilon 1e-3, momentum 0.01", [3, 8, 3, 3], norm("op", 8, 1e-3, 0.01))
    yield op("norm", "batchNorm2d, three values a channel", [3, 6, 1, 1], norm("op", 6))
    yield op("norm", "batchNorm2d, large mean", [4, 4, 5, 5], norm("op", 4), shift=30.0)
    yield op("norm", "batchNorm2d and relu", [3, 16, 4, 4], norm("bn", 16), relu("op"))
    yield op("norm", "localResponseNorm 5 (AlexNet)", [2, 12, 4, 4], lrn("op", 5), scale=8.0)
    yield op("norm", "localResponseNorm 5, strong", [2, 16, 3, 3], lrn("op", 5, alpha=0.5, beta=0.75, k=2.0))
    yield op("norm", "localResponseNorm 4, even", [2, 9, 4, 4], lrn("op", 4, alpha=0.5, beta=0.5))
    yield op("norm", "localResponseNorm 3, fewer channels", [2, 2, 4, 4], lrn("op", 3, alpha=0.9, beta=1.5))

    yield op("pool", "maxPool2d 2", [2, 4, 6, 6], maxpool("op", 2))
    yield op("pool", "maxPool2d 3 stride 2, overlapping", [2, 4, 9, 9], maxpool("op", 3, 2))
    yield op("pool", "maxPool2d 3 stride 2 padding 1", [2, 4, 8, 8], maxpool("op", 3, 2, 1))
    yield op("pool", "maxPool2d 3 stride 2, ceil mode", [2, 4, 8, 8], maxpool("op", 3, 2, ceil=True))
    yield op("pool", "maxPool2d 2 stride 2, padding 1, ceil mode", [2, 3, 7, 7], maxpool("op", 2, 2, 1, ceil=True))
    yield op("pool", "maxPool2d dilation 2", [2, 3, 9, 9], maxpool("op", 3, 1, d=2))
    yield op("pool", "maxPool2d dilation 2 padding 1 stride 2", [2, 3, 10, 10], maxpool("op", 3, 2, 1, 2))
    yield op("pool", "maxPool2d kernel 2x3 stride 1x2", [2, 3, 5, 8], maxpool("op", (2, 3), (1, 2)))
    yield op("pool", "maxPool2d with ties: the first in the window wins", [2, 3, 7, 7], maxpool("op", 3, 2), levels=3)
    yield op("pool", "maxPool2d of negative values, padded", [2, 3, 6, 6], maxpool("op", 3, 2, 1), shift=-9.0)
    yield op("pool", "avgPool2d 2", [2, 4, 6, 6], avgpool("op", 2))
    yield op("pool", "avgPool2d 3 stride 1 padding 1", [2, 3, 6, 6], avgpool("op", 3, 1, 1))
    yield op("pool", "avgPool2d 3 stride 1 padding 1, pad not counted", [2, 3, 6, 6],
             avgpool("op", 3, 1, 1, include=False))
    yield op("pool", "avgPool2d 3 stride 2, ceil mode", [2, 3, 8, 8], avgpool("op", 3, 2, ceil=True))
    yield op("pool", "avgPool2d 3 stride 2 padding 1, ceil mode", [2, 3, 8, 8], avgpool("op", 3, 2, 1, ceil=True))
    yield op("pool", "avgPool2d 3 stride 2 padding 1, ceil mode, pad not counted", [2, 3, 8, 8],
             avgpool("op", 3, 2, 1, ceil=True, include=False))
    yield op("pool", "avgPool2d kernel 2x3", [2, 3, 6, 7], avgpool("op", (2, 3), (2, 2)))
    yield op("pool", "adaptiveAvgPool2d 1", [2, 6, 5, 7], adaptive("op", 1))
    yield op("pool", "adaptiveAvgPool2d 6 of 12", [2, 2, 12, 12], adaptive("op", 6))
    yield op("pool", "adaptiveAvgPool2d 6 of 6", [2, 2, 6, 6], adaptive("op", 6))
    yield op("pool", "adaptiveAvgPool2d 6 of 13", [2, 2, 13, 13], adaptive("op", 6))
    yield op("pool", "adaptiveAvgPool2d 7 of 14", [1, 2, 14, 14], adaptive("op", 7))
    yield op("pool", "adaptiveAvgPool2d 7 of 9x10", [1, 2, 9, 10], adaptive("op", 7))
    yield op("pool", "adaptiveAvgPool2d 6 of 1", [2, 3, 1, 1], adaptive("op", 6))
    yield op("pool", "adaptiveAvgPool2d 6 of 4", [2, 2, 4, 4], adaptive("op", 6))
    yield op("pool", "adaptiveAvgPool2d 2x3 of 5x7", [2, 3, 5, 7], adaptive("op", (2, 3)))


FUNCTIONS = ["relu6", "sigmoid", "silu", "hard_sigmoid", "hard_swish", "gelu", "tanh"]


def later_operations():
    """Those of later families. Channels are behind convolutions in whatever layout these like."""
    def op(name, image, *nodes, **extra):
        return case("later", name, image, nodes, head=True, **extra)

    yield op("conv2d depthwise 5x5 of 20 channels, stride 2", [3, 20, 9, 8], conv("op", 20, 20, 5, s=2, p=2, g=20))
    yield op("conv2d depthwise 7x7 of 32 channels", [2, 32, 6, 7], conv("op", 32, 32, 7, p=3, g=32))
    yield op("conv2d depthwise 3x5, no bias, more stride than kernel", [2, 16, 9, 11],
             conv("op", 16, 16, (3, 5), s=(4, 3), p=(0, 1), g=16, bias=False))
    yield op("conv2d depthwise 5x5 on 2x2", [2, 24, 2, 2], conv("op", 24, 24, 5, p=2, g=24))
    for function in FUNCTIONS:
        yield op(f"{function}", [2, 4, 5, 5], activation("op", function), scale=4.0)
        yield op(f"conv2d and {function}", [2, 3, 6, 6], conv("conv", 3, 16, 3, p=1), activation("op", function),
                 gain=2.0)
        yield op(f"linear and {function}", [3, 4, 3, 3], plain("flatten", "flatten"), linear("fc", 36, 12),
                 activation("op", function), gain=2.0)
    yield op("batchNorm2d and silu", [3, 16, 4, 4], norm("bn", 16), activation("op", "silu"))
    yield op("multiply", [2, 4, 5, 5], conv("left", 4, 6, 1), conv("right", 4, 6, 3, p=1, at=[0]),
             plain("multiply", "op", at=[1, 2]))
    yield op("multiply of a value by itself", [2, 3, 4, 4], plain("multiply", "op", at=[0, 0]))
    for channels in (3, 16, 24, 32):
        yield op(f"squeeze and excitation of {channels} channels", [2, 3, 5, 5], conv("conv", 3, channels, 3, p=1),
                 adaptive("pool", 1, at=[1]), conv("fc1", channels, 4, 1), relu("relu"), conv("fc2", 4, channels, 1),
                 activation("gate", "sigmoid"), plain("multiply", "op", at=[1, 6]))
    yield op("multiply of a plain image by its means", [2, 5, 3, 4], adaptive("pool", 1),
             plain("multiply", "op", at=[0, 1]))
    yield op("layerScale", [2, 3, 5, 5], conv("conv", 3, 16, 3, p=1), layer_scale("op", 16))
    yield op("layerScale of 5 channels", [2, 5, 4, 4], layer_scale("op", 5))
    yield op("layerScale of 12 channels", [2, 3, 4, 4], conv("conv", 3, 12, 1), layer_scale("op", 12))
    yield op("permute", [2, 3, 4, 5], permute("op", 1, 2, 0))
    yield op("permute of a convolution's result", [2, 3, 4, 5], conv("conv", 3, 16, 1), permute("op", 2, 0, 1))
    yield op("layerNorm", [3, 4, 3, 20], layer_norm("op", 20))
    yield op("layerNorm of 7, epsilon 1e-2", [2, 3, 3, 7], layer_norm("op", 7, 1e-2))
    yield op("layerNorm of channels", [2, 3, 4, 4], conv("conv", 3, 24, 3, p=1), permute("first", 1, 2, 0),
             layer_norm("op", 24, 1e-6), permute("last", 2, 0, 1), conv("after", 24, 8, 1))
    yield op("linear along the channels", [2, 3, 4, 5], permute("first", 1, 2, 0), linear("op", 3, 10),
             activation("gelu", "gelu"), linear("second", 10, 4, bias=False), permute("last", 2, 0, 1))
    yield op("linear and relu on an image", [2, 3, 4, 5], linear("op", 5, 8), relu("relu"))
    yield op("narrow", [2, 7, 4, 4], narrow("op", 2, 3))
    yield op("narrow in halves", [2, 3, 4, 4], conv("conv", 3, 48, 3, p=1), narrow("left", 0, 24),
             narrow("right", 24, 24, at=[1]), relu("relu"), plain("concat", "op", at=[2, 4]), shuffle("shuffle", 2))
    yield op("narrow along the width", [2, 3, 4, 6], narrow("op", 1, 4, axis=2))
    yield op("channelShuffle 2", [2, 6, 3, 3], shuffle("op", 2))
    yield op("channelShuffle 4 of a convolution's result", [2, 3, 3, 3], conv("conv", 3, 24, 1), shuffle("op", 4))
    yield op("padChannels", [2, 3, 4, 4], pad_channels("op", 2, 1))
    yield op("padChannels of a convolution's result", [2, 3, 4, 4], conv("conv", 3, 16, 1), pad_channels("op", 8, 8))
    yield op("channelAffine", [2, 3, 4, 5], affine("op", [0.458, 0.448, 0.45], [-0.03, -0.088, -0.188]))
    yield op("channelAffine behind a convolution", [2, 3, 4, 5], conv("conv", 3, 2, 1), affine("op", [2.0, -1.5], [0.0, 3.0]))


def inverted_residual_net():
    return [
        conv("stem", 3, 16, 3, s=2, p=1, bias=False), norm("stem_bn", 16), activation("stem_act", "hard_swish"),  # 3
        conv("expand", 16, 48, 1, bias=False), norm("expand_bn", 48), activation("expand_act", "silu"),
        conv("depthwise", 48, 48, 3, p=1, g=48, bias=False), norm("depthwise_bn", 48),
        activation("depthwise_act", "relu6"),  # 9
        adaptive("squeeze", 1), conv("fc1", 48, 8, 1), activation("fc1_act", "silu"), conv("fc2", 8, 48, 1),
        activation("gate", "hard_sigmoid"), plain("multiply", "excite", at=[9, 14]),  # 15
        conv("project", 48, 16, 1, bias=False), norm("project_bn", 16), plain("add", "add", at=[3, 17]),
        conv("last", 16, 40, 1, bias=False), norm("last_bn", 40), activation("last_act", "gelu"),
        adaptive("avgpool", 1), plain("flatten", "flatten"), linear("fc", 40, 6)]


def convnext_net():
    return [
        conv("stem", 3, 16, 2, s=2), permute("stem_first", 1, 2, 0), layer_norm("stem_norm", 16, 1e-6),
        permute("stem_last", 2, 0, 1),  # 4
        conv("depthwise", 16, 16, 7, p=3, g=16), permute("first", 1, 2, 0), layer_norm("norm", 16, 1e-6),
        linear("fc1", 16, 64), activation("act", "gelu"), linear("fc2", 64, 16), permute("last", 2, 0, 1),
        layer_scale("scale", 16), plain("add", "add", at=[12, 4]),
        adaptive("avgpool", 1), permute("head_first", 1, 2, 0), layer_norm("head_norm", 16, 1e-6),
        permute("head_last", 2, 0, 1), plain("flatten", "flatten"), linear("fc", 16, 5)]


def token_operations():
    """Those of transformers, on images whose channels come last."""
    def op(name, image, *nodes, **extra):
        return case("tokens", name, image, [permute("map", 1, 2, 0), *nodes], head=True, **extra)

    yield op("classToken", [3, 4, 2, 3], class_token("op", 4))
    yield op("positionEmbedding", [3, 4, 2, 3], class_token("token", 4), positions("op", 7, 4), linear("fc", 4, 6))
    yield op("the first token", [3, 4, 2, 3], class_token("token", 4), linear("fc", 4, 6), narrow("op", 0, 1))
    yield op("padTokens", [2, 4, 3, 5], pad_tokens("op", (2, 4)), linear("fc", 4, 6))
    yield op("padTokens of what fits", [2, 4, 4, 6], pad_tokens("op", 2), linear("fc", 4, 6))
    yield op("cropTokens", [2, 4, 3, 5], pad_tokens("pad", 4), linear("fc", 4, 6), plain("cropTokens", "op", at=[3, 1]))
    yield op("cropTokens to the width", [2, 4, 4, 5], pad_tokens("pad", 4), plain("cropTokens", "op", at=[2, 1]))
    yield op("mergePatches", [2, 3, 4, 6], plain("mergePatches", "op"))
    yield op("mergePatches of odd sides", [2, 3, 5, 3], plain("mergePatches", "op"))
    yield op("mergePatches of one token", [2, 3, 1, 1], plain("mergePatches", "op"))

    yield op("attention, one head", [2, 24, 3, 4], attention("op", 1, 8))
    yield op("attention, three heads of five features", [2, 45, 3, 4], attention("op", 3, 5))
    yield op("attention of 81 tokens", [1, 36, 9, 9], attention("op", 2, 6, scale=0.7))
    yield op("attention of one token", [2, 12, 1, 1], attention("op", 2, 2))
    yield op("attention, large products", [2, 24, 4, 4], attention("op", 2, 4), scale=9.0)
    yield op("attention between linear layers", [2, 5, 4, 3], linear("qkv", 5, 48), attention("op", 2, 8),
             linear("proj", 16, 7))
    yield op("attention in windows", [2, 24, 4, 6], attention("op", 2, 4, "windows", (2, 3)))
    yield op("attention in windows, table", [2, 24, 4, 6], attention("op", 2, 4, "windows", (2, 3), bias="table"))
    yield op("attention in shifted windows", [2, 24, 6, 6],
             attention("op", 2, 4, "windows", 3, shift=1, bias="table"))
    yield op("attention in windows shifted along one axis", [2, 24, 4, 8],
             attention("op", 2, 4, "windows", 4, shift=2, bias="table"))
    yield op("attention in one window", [2, 24, 4, 4], attention("op", 2, 4, "windows", 4, shift=2, bias="table"))
    yield op("attention in shifted windows of 64 tokens", [1, 24, 16, 16],
             attention("op", 1, 8, "windows", 8, shift=4, bias="table"))
    yield op("attention in grids", [2, 24, 4, 6], attention("op", 2, 4, "grid", 2, scale=0.25, bias="table"))
    yield op("attention in one grid", [2, 24, 2, 3], attention("op", 2, 4, "grid", (2, 3), bias="table"))
    yield op("attention by cosines", [2, 24, 3, 4], attention("op", 2, 4, scale="cosine"))
    yield op("attention by cosines, network of positions", [2, 30, 6, 4],
             attention("op", 2, 5, "windows", (3, 2), shift=1, scale="cosine", bias="network", hidden=20))
    yield op("attention by cosines, scale held at 100", [1, 24, 4, 4],
             attention("op", 2, 4, "windows", 2, scale="cosine", bias="network", hidden=7), scaleShift=3.0)


def vit_block():
    return [
        conv("conv_proj", 3, 24, 2, s=2), permute("map", 1, 2, 0), class_token("token", 24),
        positions("positions", 10, 24),  # 4
        layer_norm("ln_1", 24, 1e-6), linear("in_proj", 24, 72), attention("attention", 3, 8), linear("out_proj", 24, 24),
        plain("add", "add1", at=[8, 4]),  # 9
        layer_norm("ln_2", 24, 1e-6), linear("mlp.0", 24, 96), activation("mlp.1", "gelu"), linear("mlp.3", 96, 24),
        plain("add", "add2", at=[13, 9]), layer_norm("ln", 24, 1e-6),
        narrow("first", 0, 1), plain("flatten", "flatten"), linear("fc", 24, 5)]


def swin_blocks(second):
    """Two blocks with merging between, on a map that windows do not tile."""
    nodes = [conv("patch", 3, 16, 2, s=2), permute("map", 1, 2, 0), layer_norm("norm", 16)]
    def block(name, width, heads, shift):
        x = len(nodes)
        def norm(which):
            nodes.append(layer_norm(f"{name}.{which}", width))
        if not second:
            norm("norm1")
        nodes.extend([
            pad_tokens(f"{name}.pad", 3), linear(f"{name}.qkv", width, 3 * width, bias=not second),
            attention(f"{name}.attn", heads, width // heads, "windows", 3, shift=shift,
                      scale="cosine" if second else None, bias="network" if second else "table", hidden=16),
            linear(f"{name}.proj", width, width)])
        nodes.append(plain("cropTokens", f"{name}.crop", at=[len(nodes), x]))
        if second:
            norm("norm1")
        nodes.append(plain("add", f"{name}.add1", at=[x, len(nodes)]))
        y = len(nodes)
        if not second:
            norm("norm2")
        nodes.extend([linear(f"{name}.mlp.0", width, 2 * width), activation(f"{name}.mlp.1", "gelu"),
                      linear(f"{name}.mlp.3", 2 * width, width)])
        if second:
            norm("norm2")
        nodes.append(plain("add", f"{name}.add2", at=[y, len(nodes)]))
    block("block1", 16, 2, 1)
    nodes.append(plain("mergePatches", "merge"))
    nodes.extend([linear("reduction", 64, 32, bias=False), layer_norm("merge_norm", 32)] if second
                 else [layer_norm("merge_norm", 64), linear("reduction", 64, 32, bias=False)])
    block("block2", 32, 4, 1)
    return nodes + [permute("image", 2, 0, 1), adaptive("avgpool", 1), plain("flatten", "flatten"), linear("fc", 32, 5)]


def token_nets():
    yield case("tokens", "net: ViT block", [3, 3, 6, 6], vit_block(), head=False)
    yield case("tokens", "net: Swin blocks", [2, 3, 10, 8], swin_blocks(False), head=False)
    yield case("tokens", "net: Swin V2 blocks", [2, 3, 10, 8], swin_blocks(True), head=False)


def small_net():
    return [conv("conv", 3, 8, 3, p=1, bias=False), norm("bn", 8), relu("relu"), maxpool("pool", 2),
            plain("flatten", "flatten"), linear("fc", 72, 5)]


def residual_net():
    return [
        conv("stem", 3, 8, 3, p=1, bias=False), norm("stem_bn", 8), relu("stem_relu"),  # value 3
        conv("block.conv1", 8, 16, 3, s=2, p=1, bias=False), norm("block.bn1", 16), relu("block.relu1"),
        conv("block.conv2", 16, 16, 3, p=1, bias=False), norm("block.bn2", 16),  # value 8
        conv("block.downsample.0", 8, 16, 1, s=2, bias=False, at=[3]), norm("block.downsample.1", 16),  # value 10
        plain("add", "block.add", at=[8, 10]), relu("block.relu2"),  # value 12
        conv("same.conv1", 16, 16, 3, p=1, bias=False), norm("same.bn1", 16),
        plain("add", "same.add", at=[14, 12]), relu("same.relu"),
        adaptive("avgpool", 1), plain("flatten", "flatten"), linear("fc", 16, 7)]


def alexnet_net():
    return [
        conv("features.0", 3, 8, 11, s=4, p=2), relu("features.1"), maxpool("features.2", 3, 2),
        conv("features.3", 8, 16, 5, p=2), relu("features.4"), maxpool("features.5", 3, 2),
        conv("features.6", 16, 24, 3, p=1), relu("features.7"), conv("features.8", 24, 16, 3, p=1), relu("features.9"),
        conv("features.10", 16, 16, 3, p=1), relu("features.11"), maxpool("features.12", 3, 2),
        adaptive("avgpool", 2), plain("flatten", "flatten"), dropout("classifier.0", 0.0),
        linear("classifier.1", 64, 32), relu("classifier.2"), dropout("classifier.3", 0.0),
        linear("classifier.4", 32, 32), relu("classifier.5"), linear("classifier.6", 32, 10)]


def concat_net():
    return [
        conv("stem", 3, 8, 3, s=2, p=1), relu("stem_relu"),  # value 2
        conv("branch1", 8, 6, 1), relu("branch1_relu"),  # value 4
        conv("branch2.0", 8, 4, 1, at=[2]), relu("branch2.1"), conv("branch2.2", 4, 8, 3, p=1), relu("branch2.3"),  # 8
        maxpool("branch3.0", 3, 1, 1, at=[2]), conv("branch3.1", 8, 4, 1), relu("branch3.2"),  # value 11
        plain("concat", "concat", at=[4, 8, 11]), lrn("lrn", 5, alpha=1e-2), avgpool("pool", 2),
        plain("flatten", "flatten"), linear("fc", 162, 6)]


def nets():
    """Whole nets: logits in evaluation mode, then loss and all gradients in training mode."""
    yield case("nets", "net: conv, batch norm, relu, pool, linear", [6, 3, 6, 6], small_net(), head=False)
    yield case("nets", "net: the same with label smoothing 0.1", [6, 3, 6, 6], small_net(), head=False,
               labelSmoothing=0.1)
    yield case("nets", "net: residual blocks", [4, 3, 8, 8], residual_net(), head=False)
    yield case("nets", "net: narrow AlexNet at 64x64", [3, 3, 64, 64], alexnet_net(), head=False,
               gain=0.8)
    yield case("nets", "net: concat block", [3, 3, 12, 12], concat_net(), head=False)


def later_nets():
    yield case("later", "net: inverted residual with squeeze and excitation", [4, 3, 10, 10], inverted_residual_net(),
               head=False)
    yield case("later", "net: ConvNeXt block", [3, 3, 12, 12], convnext_net(), head=False)


OPTIMIZERS = [
    ("SGD", "sgd", dict(lr=0.1)),
    ("SGD with weight decay", "sgd", dict(lr=0.1, weight_decay=0.05)),
    ("SGD with momentum", "sgd", dict(lr=0.1, momentum=0.9)),
    ("SGD with momentum and weight decay", "sgd", dict(lr=0.1, momentum=0.9, weight_decay=0.05)),
    ("SGD with nesterov momentum", "sgd", dict(lr=0.1, momentum=0.9, nesterov=True)),
    ("SGD with nesterov momentum and weight decay", "sgd",
     dict(lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.05)),
    ("SGD with momentum and dampening", "sgd", dict(lr=0.1, momentum=0.9, dampening=0.4, weight_decay=0.01)),
    ("Adam", "adam", dict(lr=0.01)),
    ("Adam with weight decay", "adam", dict(lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.05)),
    ("AdamW", "adamw", dict(lr=0.01, weight_decay=0.05)),
]


def trainings():
    """Five steps of an optimizer, the learning rate falling; a fresh image batch each step."""
    for name, kind, settings in OPTIMIZERS:
        yield case("training", f"training: {name}", [6, 3, 6, 6], small_net(), head=False,
                   optimizer=kind, settings=settings, steps=5)
    yield case("training", "training: residual blocks, SGD with momentum", [4, 3, 8, 8], residual_net(), head=False,
               optimizer="sgd", settings=dict(lr=0.05, momentum=0.9, weight_decay=1e-3), steps=5)


def all_cases():
    yield from operations()
    yield from nets()
    yield from trainings()
    yield from later_operations()
    yield from later_nets()
    yield from token_operations()
    yield from token_nets()
