"""`rfsearch show … --in FILE`: the network shown, and whether a config file's question takes it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field

from rfsearch.errors import UsageError
from rfsearch.layers.layer import HEAD, Stack, with_head
from rfsearch.layers.notation import format_stack
from rfsearch.network.figures import Figure, Number, agreed
from rfsearch.network.network import Network
from rfsearch.request.query import Query, Sizes, size_text
from rfsearch.space.space import Space
from rfsearch.why.member.holds import Held
from rfsearch.why.member.member import Membership, membership


@dataclass(frozen=True)
class FileVerdict:
    """What a file says of a network; `network` is None where it fits no input at all."""

    file: str
    network: Network | None
    membership: Membership
    costs: Mapping[str, int | float] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """For people: what the file ranks by, then yes and at which inputs, or every reason not."""
        figures = ", ".join(
            f"{name} {value:,}" if isinstance(value, int) else f"{name} {value:.9g}"
            for name, value in self.costs.items()
        )
        ranked = [f"ranked by {self.file}: {figures}"] if figures else []
        return ranked + self._said()

    def _said(self) -> list[str]:
        """Yes and at which inputs, or every reason against it."""
        fitting = [size_text(one.sizes) for one in self.membership.fitting]
        every = [size_text(one.sizes) for one in self.membership.inputs]
        if self.membership.is_member:
            of = "" if len(every) == 1 else f" of {', '.join(every)}"
            return [f"in {self.file}: yes, at input {', '.join(fitting)}{of}"]
        return [f"in {self.file}: no", *(f"  {line}" for line in self.membership.reasons)]

    def document(self) -> dict[str, object]:
        """The object `member` of `--format json`."""
        return {
            "config": self.file,
            "is_member": self.membership.is_member,
            "costs": dict(self.costs),
            "refused": list(self.membership.refused),
            "inputs": [
                {
                    "input": agreed(list(one.sizes)),
                    "fits": not one.missed,
                    "missed": list(one.missed),
                }
                for one in self.membership.inputs
            ],
        }


def verdict(args: argparse.Namespace) -> FileVerdict:
    """Membership of what the flags of `show` name. Raises UsageError."""
    space, query, ranked = _asked(args)
    stack, name = _stack(args)
    found = membership(space, query, stack)
    marked = _marked(stack, space.head_stack)
    if marked != stack:
        name = format_stack(marked)
    networks = (_network(args, space, query, name, one.sizes) for one in _by_use(found))
    network = next(filter(None, networks), None)
    costs = {} if network is None else _costs(network, query, ranked, bool(space.stem_stack))
    return FileVerdict(args.config, network, found, costs)


def _costs(
    network: Network, query: Query, ranked: tuple[str, ...], has_stem: bool
) -> dict[str, int | float]:
    """What the file ranks by, of those that a described network has.

    DeepMAD's stages do not end within a stem, which the network's notation does not tell.
    """
    known: dict[str, int | float | None] = {
        **network.scores,
        **network.totals,
        "memory": network.totals["activations"] * query.activation_bytes,
        "weight_memory": network.totals["params"] * query.weight_bytes,
        "rf": network.rf if isinstance(network.rf, int) else sum(map(int, _figures(network.rf))),
    }
    if has_stem:
        known["deepmad"] = known["effectiveness"] = None
    return {name: value for name in ranked if (value := known.get(name)) is not None}


def _figures(figure: Figure) -> tuple[Number, ...]:
    return figure if isinstance(figure, tuple) else (figure,)


def _marked(stack: Stack, head: Stack) -> Stack:
    """The stack with the file's head told from its body, so that both speak of one RF."""
    end = len(stack) - len(head)
    if not head or HEAD in stack or end < 1 or stack[end:] != head:
        return stack
    return with_head(stack[:end], head)


def _by_use(found: Membership) -> list[Held]:
    """The inputs, those that fit first, the largest of them first of all."""
    return sorted(found.inputs, key=lambda one: (bool(one.missed), [-n for n in one.sizes]))


def _asked(args: argparse.Namespace) -> tuple[Space, Query, tuple[str, ...]]:
    """The file's space and question, flags over both, and its ranking."""
    from rfsearch.cli.source import content
    from rfsearch.request import config
    from rfsearch.request.options import OPTIONS
    from rfsearch.request.request import Request

    given = {
        "input": args.input,
        "input_channels": args.input_channels,
        "bytes_per_value": args.bytes_per_value,
    }
    flags = {
        name: OPTIONS[name].read(value, OPTIONS[name].flag)
        for name, value in given.items()
        if value is not None
    }
    try:
        in_file = config.options(content(args.config), args.config)
    except UsageError as error:
        raise UsageError(str(error).replace("--config:", "--in:", 1)) from None
    request = Request.of(flags, args.config, in_file)
    if request["like"] is not None:
        raise UsageError(f"{args.config}: like: a neighbourhood has no slots to be in")
    space = request.space()
    assert isinstance(space, Space)
    ranked = (cost.removeprefix("max:") for cost in (*request["rank_by"], *request["front"]))
    return space, request.query(space), tuple(dict.fromkeys(ranked))


def _stack(args: argparse.Namespace) -> tuple[Stack, str]:
    """The items of a notation, a published network or a file, and what to call them."""
    from rfsearch.layers.notation import parse_stack
    from rfsearch.network.names import find_name
    from rfsearch.network.sources import FILES

    if args.network.lower().endswith(FILES):
        from rfsearch.network import load

        network = load(args.network, args.input)
        if network.notation is None:
            raise UsageError(f"{args.network}: it carries no notation, which --in follows")
        return parse_stack(network.notation), network.notation
    known = find_name(args.network)
    return parse_stack(args.network if known is None else known.stack), args.network


def _network(
    args: argparse.Namespace, space: Space, query: Query, name: str, sizes: Sizes
) -> Network | None:
    """The network at one input; None where it is invalid there."""
    from rfsearch.network import parse

    try:
        return parse(
            name, sizes, space.input_channels, bytes_per_value=min(query.activation_bytes, 16)
        )
    except UsageError:
        return None
