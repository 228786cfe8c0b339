"""The words of the command line. A new word is one file in this folder and one row here.

The file offers `add_arguments(parser)` and `run(args) -> exit code`. With no word, `rfsearch`
searches.
"""

from __future__ import annotations

from importlib import import_module

# word -> (module, what it does in one line)
WORDS = {
    "automaton": ("rfsearch.cli.automaton", "a compiled question as a file, asked on at once"),
    "compare": ("rfsearch.cli.compare", "what one answer in JSON has that another lacks"),
    "enumerate": ("rfsearch.cli.enumerate", "every match as Parquet parts, by many workers"),
    "explore": ("rfsearch.cli.explore.word", "a search in the browser, asked anew at every change"),
    "export": ("rfsearch.cli.export", "a network as torch or Keras source, or as an ONNX file"),
    "init": ("rfsearch.cli.init", "a commented config file to begin with"),
    "items": ("rfsearch.cli.items", "every layer and block of a space, to be measured on a device"),
    "ladder": ("rfsearch.cli.ladder", "a network for each of several RFs, all alike in cost"),
    "measure": ("rfsearch.cli.measure", "the time of each item of a space on this machine"),
    "part": ("rfsearch.cli.part", "one part of a dataset that enumerate began, as schedulers map"),
    "rank": ("rfsearch.cli.rank", "the best rows of a dataset, larger than memory"),
    "reach": ("rfsearch.cli.reach", "every RF that a space has, with exact counts and best costs"),
    "show": ("rfsearch.cli.show", "layer table of a network: STACK, NAME or FILE"),
    "sweep": (
        "rfsearch.cli.sweep",
        "a grid of inputs and RFs: counts and the cheapest, each depth",
    ),
    "verify": ("rfsearch.cli.verify", "build networks, run them, and compare with what is claimed"),
}


def run(argv: list[str]) -> int:
    """Run the word that `argv` begins with, or a search; returns the exit code."""
    if argv and argv[0] in WORDS:
        return _run_word(argv[0], argv[1:])
    from rfsearch.cli import search

    return search.run(argv, _epilog())


def _run_word(word: str, argv: list[str]) -> int:
    from rfsearch.cli.parser import Parser, joined_negatives

    module = import_module(WORDS[word][0])
    if hasattr(module, "parser"):  # words that ask a space take the flags of a search
        parser = module.parser()
    else:
        parser = Parser(prog=f"rfsearch {word}", description=WORDS[word][1], allow_abbrev=False)
    module.add_arguments(parser)
    try:
        arguments = parser.parse_args(joined_negatives(argv))
    except SystemExit as stop:  # --help has printed itself
        return int(stop.code or 0)
    arguments.command = [word, *argv]
    return int(module.run(arguments))


def _epilog() -> str:
    lines = [f"  {word:<10} {meaning}" for word, (_, meaning) in WORDS.items()]
    return "further words (each with its own --help):\n" + "\n".join(lines)
