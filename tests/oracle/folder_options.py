"""The options of an emitted folder: its `spikewright.toml`, the preset, the NIR file's metadata, the defaults (`docs/numbers.md`)."""
import tomllib

from numbers_model import Options, read_nir

DEFAULTS = {"reset": "file", "quantise": "auto", "multiplicity": 4}
PRESETS = {
    "nir": {},
    "snntorch": {"dt": 1e-4, "leak": "euler", "reset": "subtract", "reset_order": "snntorch", "fire": "gt"},
    "norse": {"dt": 1e-6, "init": "leak", "leak": "euler", "reset": "zero", "reset_order": "reset-then-leak", "fire": "gt", "gain": "norse"},
    "sinabs": {
        **{"dt": 1.0, "leak": "exp", "reset": "subtract", "reset_order": "reset-then-leak", "fire": "ge"},
        **{"clamp": "threshold-if", "gain": "one", "multi_spike": None},
    },
    "spikingjelly": {"dt": 1e-4, "init": "reset", "leak": "euler", "reset": "zero", "reset_order": "reset-then-leak", "fire": "ge"},
    "rockpool": {
        **{"dt": None, "leak": "exp", "reset": "subtract", "reset_order": "reset-then-leak", "fire": "ge"},
        **{"gain": "rockpool", "multi_spike": None},
    },
}
METADATA = ("dt", "leak", "reset", "reset_order", "fire", "rounding", "clamp", "init", "multi_spike")
KEYS = (*METADATA, "leak_mode", "weight_bits", "scale", "quantise", "leak_bits", "membrane_bits", "fraction_bits", "multiplicity", "threshold")


def plain(key, value):
    """A value of the settings or the metadata as an option."""
    value = value.item() if hasattr(value, "item") else value
    if key == "clamp":
        return None if value == "none" else value if value == "threshold" else float(value)
    if key == "init":
        return value if value in ("zero", "reset", "leak") else float(value)
    if key == "dt":
        return float(value)
    return int(value) if key == "multi_spike" else value


def read_options(folder):
    """(Options, settings as read) of a folder that `spikewright build` wrote."""
    settings = tomllib.loads((folder / "spikewright.toml").read_text())
    _, _, metadata = read_nir(folder / settings["net"])
    pick = lambda source, keys: {key: plain(key, source[key]) for key in keys if key in source}
    merged = {**DEFAULTS, **pick(metadata, METADATA), **PRESETS[settings.get("preset", "nir")], **pick(settings, KEYS)}
    layers = {name: pick(table, KEYS) for name, table in settings.get("layer", {}).items()}
    return Options(**merged, layers=layers), settings
