"""`binomial_keras.load`: what it opens, and what it refuses and why."""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import warnings
import zipfile

import h5py
import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras import _archive, _trusted


def _plain_model():
    inputs = keras.Input((6, 6, 1))
    x = keras.layers.Conv2D(2, 3, activation="relu", kernel_initializer="he_normal")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.MaxPooling2D()(x) * 2.0
    x = keras.layers.Dropout(0.2, seed=1)(keras.layers.Flatten()(x))
    outputs = keras.layers.Dense(
        3, kernel_regularizer="l2", activation="softmax", name="probabilities"
    )(x)
    return keras.Model(inputs, outputs)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "plain.keras"
    _plain_model().save(path)
    return path


@pytest.fixture
def rewrite(saved, tmp_path):
    """A function: the saved model with its parts replaced, as a new file."""

    def write(config=None, edit=None, compression=zipfile.ZIP_STORED, **members):
        with zipfile.ZipFile(saved) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        if edit is not None:
            config = json.loads(parts["config.json"])
            edit(config)
        if config is not None:
            parts["config.json"] = json.dumps(config).encode()
        parts.update({name.replace("__", "."): content for name, content in members.items()})
        path = tmp_path / "crafted.keras"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in parts.items():
                if content is not None:
                    archive.writestr(name, content)
        return path

    return write


def _refused(path, match, **kwargs):
    with pytest.raises(ValueError, match=match) as caught:
        bk.load(path, **kwargs)
    assert str(path) in str(caught.value)
    return str(caught.value)


# --- what it opens


def test_a_plain_model_comes_back_with_the_same_predictions(saved):
    x = np.random.default_rng(0).random((4, 6, 6, 1), dtype="float32")
    expected = keras.saving.load_model(saved).predict(x, verbose=0)
    for path in (saved, str(saved)):
        model = bk.load(path)
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
    assert not model.compiled


def test_relative_path_and_path_like(saved, monkeypatch):
    class Somewhere(os.PathLike):
        def __fspath__(self):
            return str(saved)

    monkeypatch.chdir(saved.parent)
    assert bk.load("plain.keras").count_params() == bk.load(Somewhere()).count_params()


@pytest.mark.parametrize("neuron", ["A", "B", "C", "D"])
def test_a_binomial_network_comes_back(neuron, tmp_path):
    model = bk.models.binomial_cnn((8, 8, 1), 4, (3, 4), neuron=neuron, T=2)
    model.compile(keras.optimizers.SGD(0.1, nesterov=True), "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).random((5, 8, 8, 1), dtype="float32")
    model.fit(x, np.arange(5) % 4, epochs=1, verbose=0)
    path = tmp_path / "net.keras"
    model.save(path)
    loaded = bk.load(path)
    bk.reseed(model, 7)
    bk.reseed(loaded, 7)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(loaded(x)), keras.ops.convert_to_numpy(model(x)), atol=1e-6
    )


def test_an_optimizer_and_loss_of_ones_own_do_not_hinder(rewrite):
    # Never instantiated, because files are opened with compile=False.
    path = rewrite(edit=lambda config: config.update(
        compile_config={"optimizer": {"module": "mine", "class_name": "Opt", "config": {}}}
    ))
    assert not bk.load(path).compiled


def test_a_fresh_process_needs_only_the_import(tmp_path):
    model = bk.models.binomial_cnn((8, 8, 1), 4, (3,), neuron="D")
    path = tmp_path / "net.keras"
    model.save(path)
    x = np.linspace(0, 1, 64, dtype="float32").reshape(1, 8, 8, 1)
    expected = float(keras.ops.convert_to_numpy(model(x))[0, 0])
    code = (
        "import binomial_keras, keras, numpy as np\n"
        "x = np.linspace(0, 1, 64, dtype='float32').reshape(1, 8, 8, 1)\n"
        f"model = keras.saving.load_model({str(path)!r})\n"
        "print(float(keras.ops.convert_to_numpy(model(x))[0, 0]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout) == pytest.approx(expected, abs=1e-6)


def test_sha256_of_the_right_file(saved):
    digest = hashlib.sha256(saved.read_bytes()).hexdigest()
    assert bk.load(saved, sha256=digest).name
    assert bk.load(saved, sha256=digest.upper()).name


# --- what it does not find


def test_missing_file():
    with pytest.raises(FileNotFoundError, match="There is no model file 'nowhere/net.keras'"):
        bk.load("nowhere/net.keras")
    with pytest.raises(FileNotFoundError, match="There is no model file"):
        bk.load(pathlib.Path("nothing"))


def test_what_looks_like_a_name_is_answered_with_names():
    with pytest.raises(ValueError, match="`name_or_path`. Expected .*zoo.*'no-such-model'"):
        bk.load("no-such-model")


@pytest.mark.parametrize("value", [None, 3, ["a.keras"], b"a.keras"])
def test_neither_name_nor_path(value):
    with pytest.raises(ValueError, match="argument `name_or_path`"):
        bk.load(value)


# --- files that are something else


def test_wrong_sha256(saved):
    _refused(saved, "its SHA-256 is [0-9a-f]{64}, expected 0{64}", sha256="0" * 64)


@pytest.mark.parametrize("digest", ["abc", "", 5, "g" * 64])
def test_malformed_sha256(saved, digest):
    with pytest.raises(ValueError, match="argument `sha256`. Expected 64 hexadecimal"):
        bk.load(saved, sha256=digest)


def test_other_extensions(tmp_path, saved):
    for name, reason in [("net.h5", "HDF5 model files can carry code"),
                         ("net.hdf5", "HDF5 model files can carry code"),
                         ("net.zip", "only files with the extension `.keras`"),
                         ("net", "only files with the extension `.keras`")]:
        path = tmp_path / name
        path.write_bytes(saved.read_bytes())
        _refused(path, reason)


def test_h5_under_another_name(tmp_path, saved):
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(saved) as archive:
        path.write_bytes(archive.read("model.weights.h5"))
    _refused(path, "it is an HDF5 file under another name")


def test_empty_random_and_directory(tmp_path):
    path = tmp_path / "net.keras"
    path.write_bytes(b"")
    _refused(path, "it is empty")
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    _refused(path, "it is not a zip archive")
    path.unlink()
    path.mkdir()
    _refused(path, "it is not a file")


def test_truncated_at_every_tenth(tmp_path, saved):
    whole = saved.read_bytes()
    path = tmp_path / "net.keras"
    for tenth in range(1, 10):
        path.write_bytes(whole[: len(whole) * tenth // 10])
        _refused(path, "truncated")


def test_a_flipped_byte_in_the_weights(tmp_path, saved):
    with zipfile.ZipFile(saved) as archive:
        info = archive.getinfo("model.weights.h5")
    content = bytearray(saved.read_bytes())
    content[info.header_offset + 1000] ^= 0xFF
    path = tmp_path / "net.keras"
    path.write_bytes(content)
    _refused(path, "'model.weights.h5' is damaged")


def test_random_damage_is_always_one_clear_refusal(tmp_path, saved):
    # 200 seeded files, each with 20 bytes overwritten anywhere: refused with a sentence, or (where
    # the bytes hit nothing that matters) loaded; no other kind of exception.
    whole, random = saved.read_bytes(), np.random.default_rng(0)
    path = tmp_path / "net.keras"
    refused = 0
    for _ in range(200):
        content = np.frombuffer(whole, "uint8").copy()
        content[random.integers(len(content), size=20)] = random.integers(256, size=20)
        path.write_bytes(content.tobytes())
        try:
            _archive.check_archive(path)
        except ValueError as error:
            assert str(error).startswith("The model file")
            refused += 1
    assert refused > 150


def test_missing_and_additional_members(rewrite):
    _refused(rewrite(config__json=None), "are expected")
    _refused(rewrite(**{"../../evil": b"x"}), r"\.\./\.\./evil.*are expected")
    _refused(rewrite(**{"assets/run.sh": b"x"}), "are expected")


def test_a_member_twice(rewrite):
    path = rewrite()
    with pytest.warns(UserWarning), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", "{}")
    _refused(path, "are expected")


def test_a_zip_bomb_is_not_unpacked(rewrite):
    zeros = bytes(64 * 2**20)
    path = rewrite(compression=zipfile.ZIP_DEFLATED, model__weights__h5=zeros)
    assert path.stat().st_size < 2**20
    _refused(path, "'model.weights.h5' would grow from")


def test_a_large_declared_size(rewrite):
    _refused(rewrite(metadata__json=bytes(_archive.MAX_JSON_BYTES + 1)), "beyond the limit of")


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "not readable JSON"),
        (b"{", "not readable JSON"),
        (b"\xff\xfe\x00", "not readable JSON"),
        (b"[" * 100_000, "not readable JSON"),
        (b"[]", "does not describe a model"),
        (b"null", "does not describe a model"),
        (b"{}", "does not describe a model"),
        (b'{"class_name": 3}', "a class has no readable name"),
        (b'{"class_name": ["Lambda"]}', "a class has no readable name"),
        (b'{"class_name": "Sequential", "module": ["keras"]}', "not on the trusted list"),
        (b'{"class_name": "Sequential", "module": "keras", "registered_name": {}}', "not one of"),
    ],
)
def test_strange_configurations(rewrite, content, reason):
    _refused(rewrite(config__json=content), reason)


def test_weights_of_another_network(rewrite, tmp_path):
    other = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
    other.save(tmp_path / "other.keras")
    with zipfile.ZipFile(tmp_path / "other.keras") as archive:
        weights = archive.read("model.weights.h5")
    _refused(rewrite(model__weights__h5=weights), "Keras cannot rebuild its model")


def test_a_file_without_some_layers_weights(rewrite, saved):
    # Keras loads such a file with a warning, or refuses it: never a model with random weights.
    with zipfile.ZipFile(saved) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content, "r+") as weights:
        for group in list(weights["layers"]):
            del weights["layers"][group]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _refused(rewrite(model__weights__h5=content.getvalue()), "rebuild|of the 55 weights")


def test_stored_values_are_counted(saved):
    # 3*3*1*2+2 convolution, 4*2 normalisation, 2*2*2*3+3 dense.
    assert _plain_model().count_params() == 20 + 8 + 27
    assert _archive.count_stored_values(saved) >= 55


# --- files that want to run something


class Probe(keras.layers.Layer):
    """Remembers whether anything made one."""

    made = 0

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        Probe.made += 1


def _layer(**entries):
    """An edit that puts an object into the place of the model's second layer."""

    def edit(config):
        layer = config["config"]["layers"][1]
        layer.update({"registered_name": None, **entries})

    return edit


def _activation(value):
    def edit(config):
        config["config"]["layers"][1]["config"]["activation"] = value

    return edit


MALICIOUS = {
    "lambda layer": (_layer(module="keras.layers", class_name="Lambda"), "`keras.layers.Lambda`"),
    "saved model": (_layer(module="keras.layers", class_name="TFSMLayer"), "TFSMLayer"),
    "torch module": (
        _layer(module="keras.layers", class_name="TorchModuleWrapper"), "TorchModuleWrapper"
    ),
    "file reader": (_layer(module="keras.layers", class_name="StringLookup"), "StringLookup"),
    "no module": (_layer(module=None, class_name="Lambda"), "`Lambda`"),
    "foreign class": (_layer(module="subprocess", class_name="Popen"), "`subprocess.Popen`"),
    "borrowed name": (_layer(module="evil", class_name="Dense"), "`evil.Dense`"),
    "registered elsewhere": (
        _layer(module="keras.layers", class_name="Dense", registered_name="evil>Probe"),
        "`evil>Probe`",
    ),
    "unknown class of ours": (
        _layer(module="os", class_name="system", registered_name="binomial_keras>system"),
        "`binomial_keras>system`, which this version does not have",
    ),
    "stored lambda": (
        _activation({"class_name": "__lambda__", "config": {"value": "4wAAAA=="}}),
        "Python lambda",
    ),
    "foreign function": (
        _activation({"module": "os", "class_name": "function", "config": "system"}),
        "`os.system`",
    ),
    "downloader": (
        _activation({"module": "keras.utils", "class_name": "function", "config": "get_file"}),
        "`keras.utils.get_file`",
    ),
    "safe mode off": (
        _activation({"module": "keras.config", "class_name": "function",
                     "config": "enable_unsafe_deserialization"}),
        "enable_unsafe_deserialization",
    ),
    "function that is a dict": (
        _activation({"module": "builtins", "class_name": "function", "config": {"a": 1}}),
        "not on the trusted list",
    ),
    "type spec": (
        _activation({"class_name": "__typespec__", "module": "os", "config": [],
                     "spec_name": "x", "registered_name": "x"}),
        "__typespec__",
    ),
    "deep inside": (
        _activation({"a": [[{"b": {"class_name": "Popen", "module": "subprocess",
                                   "config": {}}}]]}),
        r"`subprocess.Popen`.*layers\[1\].config.activation.a\[0\]\[0\].b",
    ),
    "inner compile": (
        _layer(compile_config={"optimizer": {"module": "evil", "class_name": "O", "config": {}}}),
        "`evil.O`",
    ),
    "memory": (
        lambda config: config["config"]["layers"][1]["config"].update(filters=10**12),
        "its `filters` of 1000000000000 is beyond the limit",
    ),
}


@pytest.mark.parametrize("kind", MALICIOUS)
def test_malicious_configurations_are_refused_by_name(rewrite, kind):
    edit, reason = MALICIOUS[kind]
    keras.saving.register_keras_serializable("evil")(Probe)
    made = Probe.made
    message = _refused(rewrite(edit=edit), reason)
    assert "layers[1]" in message
    assert Probe.made == made


def test_the_probe_would_have_noticed(rewrite):
    # Keras itself makes the class: that the tests above see none made means something.
    keras.saving.register_keras_serializable("evil")(Probe)
    made = Probe.made
    path = rewrite(edit=_layer(module="evil", class_name="Probe", registered_name="evil>Probe",
                               config={"name": "conv2d"}))
    try:
        keras.saving.load_model(path, compile=False)
    except Exception:
        pass
    assert Probe.made == made + 1


def test_a_real_lambda_model_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x + 1)])
    path = tmp_path / "net.keras"
    model.save(path)
    _refused(path, "`keras.layers.Lambda`, which runs code of the file's choosing")


def test_safe_mode_is_on_whatever_the_global_setting(saved, monkeypatch):
    seen = {}
    original = keras.saving.load_model

    def load_model(path, **kwargs):
        seen.update(kwargs)
        return original(path, **kwargs)

    monkeypatch.setattr(keras.saving, "load_model", load_model)
    bk.load(saved)
    assert seen == {"compile": False, "safe_mode": True}


# --- the list itself


@pytest.mark.parametrize("family", sorted(_trusted.CLASSES))
def test_every_trusted_class_exists_and_is_keras_own(family):
    import importlib

    module = importlib.import_module(family)
    for name in _trusted.CLASSES[family]:
        cls = getattr(module, name)
        assert isinstance(cls, type) and cls.__module__.startswith("keras."), (family, name)


def test_every_trusted_function_is_a_keras_activation():
    for name in _trusted.FUNCTIONS:
        assert callable(getattr(keras.activations, name)), name


def test_nothing_that_runs_code_or_reads_files_is_trusted():
    listed = set().union(*_trusted.CLASSES.values())
    assert not listed & {
        "Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "StringLookup",
        "IntegerLookup", "TextVectorization", "Pipeline", "Wrapper", "Layer", "RandAugment",
    }


def test_the_error_for_unreadable_json_is_not_keras_own(rewrite):
    # A buffer that is a zip inside a zip: the inner one is not looked for.
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("config.json", "{}")
    _refused(rewrite(config__json=inner.getvalue()), "not readable JSON")
