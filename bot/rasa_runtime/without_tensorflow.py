"""Keeps TensorFlow out of a process whose model does not use it.

Rasa imports TensorFlow for its type hints and base classes wherever it is, ten seconds and some 400 MB, although this
product's pipeline has no component that computes with it. Here the names that Rasa asks for while it is being imported
are answered by empty classes; whoever really calls one of them is told why it is not there. A model or a config.yml
that names a TensorFlow component, or a component that is neither Rasa's nor ours, gets the real library.
"""

from __future__ import annotations

import json
import sys
import tarfile
from abc import ABCMeta
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Iterable, Mapping, NoReturn, Optional, Sequence

PACKAGES = frozenset({"tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras"})
# Rasa's own components that compute with TensorFlow, as config.yml and as a model archive name them.
COMPUTING = frozenset(
    {
        "ConveRTFeaturizer",
        "DIETClassifier",
        "LanguageModelFeaturizer",
        "ResponseSelector",
        "TEDPolicy",
        "UnexpecTEDIntentPolicy",
    }
)
_KNOWN_ROOTS = ("rasa.", "bot.rasa_runtime.")


class TensorFlowLeftOut(RuntimeError):
    """Something computes with TensorFlow in a process that was started without it."""


def keep_tensorflow_out(components: Iterable[str]) -> bool:
    """Lets this process import Rasa without TensorFlow, if none of `components` needs it; says whether.

    `components` are the names in config.yml (`RulePolicy`, `bot.rasa_runtime....`) or the classes of a model's graph.
    To be called before Rasa is imported; when TensorFlow is there already, it stays.
    """
    if any(needs_tensorflow(name) for name in components) or "tensorflow" in sys.modules:
        return False
    if not any(isinstance(finder, _StandInFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _StandInFinder())
    return True


def needs_tensorflow(component: str) -> bool:
    """Whether a component may compute with TensorFlow: some of Rasa's do, and nobody knows of a foreign one."""
    if component.rpartition(".")[2] in COMPUTING:
        return True
    return "." in component and not component.startswith(_KNOWN_ROOTS)


def keep_tensorflow_out_of_config(path: str) -> bool:
    """`keep_tensorflow_out` for the components of a config.yml. A file that cannot be read needs everything."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        config = YAML(typ="safe").load(Path(path).read_text("utf-8"))
    except (OSError, ValueError, YAMLError):
        return False
    return isinstance(config, dict) and keep_tensorflow_out(components_of_config(config))


def components_of_config(config: Mapping[str, Any]) -> list[str]:
    """The components of a config.yml. An empty section stands for Rasa's defaults, which compute with TensorFlow."""
    found: list[str] = []
    for section, default in (("pipeline", "DIETClassifier"), ("policies", "TEDPolicy")):
        entries = config.get(section)
        if not isinstance(entries, list) or not entries:
            return [default]
        found += [str(entry.get("name")) if isinstance(entry, dict) else str(entry) for entry in entries]
    return found


def components_of_archive(model: Path) -> list[str]:
    """The classes in the graph of a trained model; none for a file that is no model, loading it tells what is wrong."""
    try:
        with tarfile.open(model, "r:gz") as archive:
            for member in archive:
                content = archive.extractfile(member) if Path(member.name).name == "metadata.json" else None
                if content is not None:
                    schema = json.load(content)["predict_schema"]
                    return [str(node["uses"]) for node in schema["nodes"].values()]
    except (tarfile.TarError, OSError, ValueError, KeyError):
        pass
    return []


class _StandInType(ABCMeta):
    """Any attribute is another stand-in class, so that base classes and type hints can be written."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(f"{cls.__module__}.{cls.__qualname__}", name)

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        if cls.__module__.partition(".")[0] in PACKAGES:
            _refuse(f"{cls.__module__}.{cls.__qualname__}")
        return super().__call__(*arguments, **named)


class _StandIn(metaclass=_StandInType):
    """Base of the stand-ins; Rasa's own classes may inherit from it."""

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        _refuse(f"the base of {type(self).__module__}.{type(self).__qualname__}")


def _stand_in(owner: str, name: str) -> type:
    return _StandInType(name, (_StandIn,), {"__module__": owner})


def _refuse(what: str) -> NoReturn:
    raise TensorFlowLeftOut(
        f"{what} needs TensorFlow, which this process was started without, because no component in config.yml or in "
        f"the model computes with it. Name the component there (and train again), and start the process again."
    )


class _StandInModule(ModuleType):
    """A module of which every name is a stand-in class."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _stand_in(self.__name__, name)
        setattr(self, name, value)
        return value


class _StandInFinder(MetaPathFinder, Loader):
    """Answers the import of TensorFlow's packages and of everything below them."""

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if fullname.partition(".")[0] not in PACKAGES:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        return None
