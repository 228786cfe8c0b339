"""Architectures of well-known packages, each with random weights: what people have.

`architectures()` gives name, package, a function that builds the module, and an example input.
A package that is not installed gives none.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

# Families of timm that are not networks of convolutions: transformers, MLPs, state spaces.
NOT_CONVOLUTIONAL = (
    "beit", "cait", "coat", "convit", "crossvit", "csatv2", "cpubone", "davit", "deepseek_vit",
    "deit", "efficientformer", "efficientformer_v2", "efficientvim", "efficientvit_mit",
    "efficientvit_msra", "eva", "gcvit", "gemma4_vit", "hiera", "hieradet_sam2", "iformer",
    "levit", "lowformer", "maxxvit", "mlp_mixer", "mobilevit", "mvitv2", "naflexvit", "nest",
    "nextvit", "pit", "pvt_v2", "qwen3_vit", "sequencer", "shvit", "swiftformer",
    "swin_transformer", "swin_transformer_v2", "swin_transformer_v2_cr", "tiny_vit", "tnt",
    "twins", "visformer", "vision_transformer", "focalnet", "metaformer",
    "vision_transformer_hybrid", "vision_transformer_relpos", "vision_transformer_sam", "vitamin",
    "volo", "xcit", "edgenext", "mobilenetv5", "fastvit",
)  # fmt: skip


@dataclass(frozen=True)
class Architecture:
    """One module to read; `shape` is that of its input, with a batch of one."""

    package: str
    name: str
    build: Callable[[], Any]
    shape: tuple[int, ...]


def architectures(packages: list[str], each: int) -> Iterator[Architecture]:
    """All of the packages; of a family of timm at most `each`, evenly spread by name."""
    found = {
        "timm": lambda: _timm(each),
        "torchvision": _torchvision,
        "smp": _smp,
        "monai": _monai,
        "torchaudio": _torchaudio,
    }
    for package in packages:
        try:
            yield from found[package]()
        except ImportError as error:
            print(f"{package}: {error}")


def _spread(names: list[str], most: int) -> list[str]:
    step = max(len(names) / most, 1)
    return [names[int(index * step)] for index in range(min(most, len(names)))]


def _timm(each: int) -> Iterator[Architecture]:
    import timm

    for family in timm.list_modules():
        if family in NOT_CONVOLUTIONAL:
            continue
        for name in _spread(timm.list_models(module=family), each):
            config = timm.models.get_pretrained_cfg(name)
            shape = (1, *(config.input_size if config else (3, 224, 224)))
            yield Architecture(
                "timm", name, _made(timm.create_model, name, pretrained=False), shape
            )


def _torchvision() -> Iterator[Architecture]:
    from torchvision import models

    quiet = {"weights": None}
    for name in models.list_models(module=models):
        if not name.startswith(("vit", "swin", "maxvit")):
            extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
            shape = (1, 3, 224, 224)
            yield Architecture(
                "torchvision", name, _made(models.get_model, name, **quiet, **extra), shape
            )
    for name in models.list_models(module=models.segmentation):
        build = _made(models.get_model, name, weights=None, weights_backbone=None)
        yield Architecture("torchvision", name, build, (1, 3, 224, 224))
    for name in models.list_models(module=models.video):
        if not name.startswith(("mvit", "swin")):
            yield Architecture(
                "torchvision",
                name,
                _made(models.get_model, name, weights=None),
                (1, 3, 16, 224, 224) if name == "s3d" else (1, 3, 16, 112, 112),
            )


_ENCODERS = ("resnet18", "timm-efficientnet-b0", "mobilenet_v2", "vgg11_bn", "densenet121", "dpn68")
_SHAPES = (
    "Unet", "UnetPlusPlus", "FPN", "PSPNet", "DeepLabV3", "DeepLabV3Plus", "Linknet", "MAnet",
    "PAN", "UPerNet",
)  # fmt: skip


def _smp() -> Iterator[Architecture]:
    import segmentation_models_pytorch as smp

    for shape in _SHAPES:
        for encoder in _ENCODERS:
            build = _made(getattr(smp, shape), encoder_name=encoder, encoder_weights=None)
            yield Architecture("smp", f"{shape} {encoder}", build, (1, 3, 224, 224))


def _monai() -> Iterator[Architecture]:
    nets = importlib.import_module("monai.networks.nets")
    flat, deep = {"spatial_dims": 2, "in_channels": 1}, {"spatial_dims": 3, "in_channels": 1}
    levels = {"channels": (16, 32, 64, 128), "strides": (2, 2, 2)}
    kernels = {"kernel_size": (3, 3, 3, 3), "strides": (1, 2, 2, 2)}
    kernels |= {"upsample_kernel_size": (2, 2, 2)}
    image, volume = (1, 1, 128, 128), (1, 1, 64, 64, 64)
    listed: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
        ("UNet", {**flat, "out_channels": 2, **levels, "num_res_units": 2}, image),
        ("UNet", {**deep, "out_channels": 2, **levels}, volume),
        ("AttentionUnet", {**flat, "out_channels": 2, **levels}, image),
        ("BasicUNet", {**flat, "out_channels": 2}, image),
        ("BasicUNet", {**deep, "out_channels": 2}, volume),
        ("BasicUNetPlusPlus", {**flat, "out_channels": 2}, image),
        ("DynUNet", {**flat, "out_channels": 2, **kernels}, image),
        ("DynUNet", {**deep, "out_channels": 2, **kernels, "res_block": True}, volume),
        ("SegResNet", {**flat, "out_channels": 2}, image),
        ("SegResNet", {**deep, "out_channels": 2}, volume),
        ("SegResNetDS", {**deep, "out_channels": 2}, volume),
        ("VNet", {**deep, "out_channels": 2}, volume),
        ("HighResNet", {**deep, "out_channels": 2}, volume),
        ("RegUNet", {**flat, "num_channel_initial": 8, "depth": 3}, image),
        ("FlexibleUNet", {"in_channels": 3, "out_channels": 2, "backbone": "efficientnet-b0",
                          "pretrained": False},
         (1, 3, 128, 128)),
        ("DenseNet121", {**flat, "out_channels": 2}, image),
        ("DenseNet121", {**deep, "out_channels": 2}, volume),
        ("SENet154", {**flat, "num_classes": 2}, (1, 1, 224, 224)),
        ("SEResNet50", {**flat, "num_classes": 2}, (1, 1, 224, 224)),
        ("EfficientNetBN", {**flat, "model_name": "efficientnet-b0", "pretrained": False}, image),
        ("ResNet", {"block": "basic", "layers": [2, 2, 2, 2], "block_inplanes": [64, 128, 256, 512],
                    "spatial_dims": 3, "n_input_channels": 1}, volume),
        ("HoVerNet", {"in_channels": 3, "out_classes": 4}, (1, 3, 256, 256)),
        ("Quicknat", {"num_classes": 3}, (1, 1, 128, 128)),
        ("Generator", {"latent_shape": (8,), "start_shape": (16, 8, 8), "channels": (16, 8),
                       "strides": (2, 2)}, (1, 8)),
        ("Discriminator", {"in_shape": (1, 64, 64), "channels": (8, 16), "strides": (2, 2)},
         (1, 1, 64, 64)),
        ("AutoEncoder", {**flat, "out_channels": 1, "channels": (8, 16), "strides": (2, 2)}, image),
        ("PatchDiscriminator", {**flat, "channels": 8, "num_layers_d": 3}, image),
        ("MILModel", {"num_classes": 2, "pretrained": False}, (1, 4, 3, 64, 64)),
        ("TorchVisionFCModel", {"model_name": "resnet18", "num_classes": 2, "pretrained": False},
         (1, 3, 224, 224)),
        ("UNETR", {**deep, "out_channels": 2, "img_size": 64}, volume),
    ]  # fmt: skip
    for name, keywords, shape in listed:
        title = f"{name} {len(shape) - 2}-D"
        yield Architecture("monai", title, _named(nets, name, keywords), shape)


def _torchaudio() -> Iterator[Architecture]:
    from torchaudio import models

    listed: list[tuple[str, Callable[[], Any], tuple[int, ...]]] = [
        ("ConvTasNet", models.ConvTasNet, (1, 1, 16_000)),
        ("Wav2Letter waveform", models.Wav2Letter, (1, 1, 16_000)),
        (
            "Wav2Letter mfcc",
            _made(models.Wav2Letter, input_type="mfcc", num_features=40),
            (1, 40, 400),
        ),
        ("DeepSpeech", _made(models.DeepSpeech, 40), (1, 1, 200, 40)),
        ("SquimObjective", models.squim_objective_base, (1, 16_000)),
        ("wav2vec2 base", models.wav2vec2_base, (1, 16_000)),
        ("HDemucs", _made(models.hdemucs_low, ["drums", "bass"]), (1, 2, 44_100)),
    ]
    for name, build, shape in listed:
        yield Architecture("torchaudio", name, build, shape)


def _named(module: Any, name: str, keywords: dict[str, Any]) -> Callable[[], Any]:
    return lambda: getattr(module, name)(**keywords)


def _made(build: Callable[..., Any], *arguments: Any, **keywords: Any) -> Callable[[], Any]:
    return lambda: build(*arguments, **keywords)
