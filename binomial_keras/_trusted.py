"""Which classes and functions a model file may name, and the walk that checks it.

A `.keras` file holds a JSON configuration; Keras finds each class that it names and calls it with
the arguments that it gives. What may be named is therefore listed here, one by one: layers and
helpers that only compute. Not listed, and refused, is all that runs code or opens files of the
file's choosing (`Lambda`, `TFSMLayer`, `JaxLayer`, `TorchModuleWrapper`, `StringLookup`, ...).
"""

import keras

# Family (the module that the file gives) -> names. Aliases that Keras never writes are left out.
_LISTED = {
    "keras": "Sequential DTypePolicy",
    "keras.models": "Model Sequential",
    "keras.src.models.functional": "Functional",
    "keras.dtype_policies": "DTypePolicy",
    "keras.random": "SeedGenerator",
    "keras.layers": """
        Activation ActivityRegularization Add AlphaDropout Average AveragePooling1D
        AveragePooling2D AveragePooling3D BatchNormalization CenterCrop Concatenate Conv1D
        Conv1DTranspose Conv2D Conv2DTranspose Conv3D Cropping1D Cropping2D Dense DepthwiseConv2D
        Dot Dropout EinsumDense ELU Embedding Flatten GaussianDropout GaussianNoise
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D
        GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization GRU GRUCell Identity InputLayer
        LayerNormalization LeakyReLU LSTM LSTMCell Masking Maximum MaxPooling1D MaxPooling2D
        MaxPooling3D Minimum Multiply Normalization Permute PReLU RandomContrast RandomCrop
        RandomFlip RandomRotation RandomTranslation RandomZoom ReLU RepeatVector Rescaling Reshape
        Resizing RMSNormalization RNN SeparableConv2D SimpleRNN SimpleRNNCell Softmax
        SpatialDropout1D SpatialDropout2D SpectralNormalization StackedRNNCells Subtract
        TimeDistributed UnitNormalization UpSampling1D UpSampling2D ZeroPadding1D ZeroPadding2D""",
    "keras.initializers": """
        Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform
        Ones Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros""",
    "keras.regularizers": "L1 L1L2 L2 OrthogonalRegularizer",
    "keras.constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm",
    # What arithmetic and `keras.ops` calls between the layers of a functional model are saved as.
    "keras.src.ops.numpy": """
        Absolute Add Concatenate Divide Exp ExpandDims Log Matmul Max Maximum Mean Min Minimum
        Multiply Negative Power Reshape Sqrt Square Squeeze Stack Subtract Sum Tanh Transpose
        TrueDivide""",
    "keras.src.ops.nn": "Elu Gelu LeakyRelu LogSoftmax Relu Sigmoid Silu Softmax Softplus",
}
CLASSES = {family: frozenset(listed.split()) for family, listed in _LISTED.items()}

FUNCTIONS = frozenset(
    """elu exponential gelu hard_sigmoid hard_tanh leaky_relu linear log_sigmoid log_softmax mish
    relu relu6 selu sigmoid silu softmax softplus softsign tanh""".split()
)

# Values, not objects: Keras turns them into tensors' descriptions, slices, arrays.
VALUES = frozenset(["__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__"])

# Refused like all that is not listed, but with the reason.
RUN_CODE = frozenset(
    ["Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "__typespec__"]
)

OWN_PACKAGE = "binomial_keras>"

# A layer allocates its weights before the stored ones are read: `units` of 10^12 would take the
# machine's memory.
_EXTENTS = frozenset(
    """units filters kernel_size pool_size strides dilation_rate size target_shape batch_shape
    input_shape input_dim output_dim padding cropping depth_multiplier n T""".split()
)
MAX_EXTENT = 1_000_000


def find_untrusted(config):
    """Walks a model's configuration, as parsed from JSON.

    Args:
        config: the content of `config.json`. Its outermost `compile_config` (optimizer, loss,
            metrics) is not looked at: it is never used, because files are opened with
            `compile=False`.

    Returns:
        None if everything in it is trusted, else a phrase that says what is not, and where.
    """
    if not isinstance(config, dict) or "class_name" not in config:
        return "the configuration does not describe a model"
    outermost = {key: value for key, value in config.items() if key != "compile_config"}
    pending = [(outermost, "model")]
    while pending:
        item, place = pending.pop()
        if isinstance(item, list):
            pending += [(value, f"{place}[{index}]") for index, value in enumerate(item)]
        elif isinstance(item, dict):
            reason = _refuse(item) if "class_name" in item else None
            reason = reason or _too_large(item)
            if reason:
                return f"{reason} (at {place})"
            pending += [(value, f"{place}.{key}") for key, value in item.items()]
    return None


def _refuse(item):
    name, module = item["class_name"], item.get("module")
    registered = item.get("registered_name")
    if not isinstance(name, str):
        return "a class has no readable name"
    if name == "__lambda__":
        return "it contains a Python lambda, that is, code stored in the file"
    if name in VALUES:
        return None
    if name == "function":
        return _refuse_function(item)
    shown = f"`{module}.{name}`" if module else f"`{name}`"
    if isinstance(registered, str) and registered.startswith(OWN_PACKAGE):
        if keras.saving.get_registered_object(registered) is None:
            return f"it names the class `{registered}`, which this version does not have"
        return None
    if name in RUN_CODE:
        return f"it names the class {shown}, which runs code of the file's choosing"
    # A registered name goes before module and class name when Keras looks the class up.
    if registered not in (None, "", name):
        return f"it names the class `{registered}`, which is not one of this library's"
    if module is None:
        listed = any(name in names for names in CLASSES.values())
    else:
        listed = isinstance(module, str) and name in CLASSES.get(module, ())
    return None if listed else f"it names the class {shown}, which is not on the trusted list"


def _refuse_function(item):
    name, module = item.get("config"), item.get("module")
    if isinstance(name, str):
        if name.startswith(OWN_PACKAGE):
            if keras.saving.get_registered_object(name) is not None:
                return None
        elif module in (None, "builtins", "keras.activations") and name in FUNCTIONS:
            return None
    return f"it names the function `{module}.{name}`, which is not on the trusted list"


def _too_large(item):
    for key in _EXTENTS.intersection(item):
        numbers = [item[key]]
        while numbers:
            number = numbers.pop()
            if isinstance(number, list):
                numbers += number
            elif isinstance(number, (int, float)) and abs(number) > MAX_EXTENT:
                return f"its `{key}` of {number!r} is beyond the limit of {MAX_EXTENT:,}"
    return None
