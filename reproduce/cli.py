"""The command line: `demo`, `list`, `run`, `report` and `publish`."""

import argparse
import sys

from reproduce.errors import UsageError, WorkerError
from reproduce.experiments.networks import ARCHITECTURES

ATTACK_HELP = (
    "attacks, separated by commas, or by semicolons where names have commas: FGM, Square, "
    "DeepFool, C&W, Pixel; for adaptive 'PGD; PGD, 1 draw; NES' and so on (default: all)"
)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage text, and leaves with code 2."""

    def error(self, message):
        self.exit(2, f"{message[:1].upper()}{message[1:]}.\n".replace("..", "."))


def _count(text):
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of at least 1, not {text!r}")
    return value


def _counts(text):
    return tuple(_count(part) for part in text.split(","))


def _radii(text):
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if not values or not all(0 < value < float("inf") for value in values):
        raise argparse.ArgumentTypeError(f"expected numbers above 0, not {text!r}")
    return values


def _fraction(text):
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"expected a number in (0, 1], not {text!r}")
    return value


def _words(text):
    # Names of adaptive attacks such as "PGD, 1 draw" have commas in them.
    separator = ";" if ";" in text else ","
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def parser():
    """The parser of all commands."""
    top = _Parser(prog="python -m reproduce", description=__doc__)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    demo = commands.add_parser("demo", help="the main job on embedded digits, in a few minutes")
    demo.add_argument("--images", type=_count, help="attacked test images (default: 60)")
    demo.add_argument("--draws", type=_count, help="fresh draws per image (default: 10)")
    listing = commands.add_parser("list",
                                  help="every experiment: what it reproduces and its cost")
    listing.add_argument("--out", metavar="DIR",
                         help="also how much of each has records in this folder")
    run = commands.add_parser("run", help="run experiments; what has a record is not run again")
    run.add_argument("names", nargs="+", metavar="NAME", help="an experiment, see `list`")
    _add_run_arguments(run)
    report = commands.add_parser("report", help="tables, figures and a page from the records")
    report.add_argument("--into", metavar="FILE", nargs="+",
                        help="Markdown files to put the tables into")
    publish = commands.add_parser("publish", help="make a trained network a checkpoint of the zoo")
    _add_publish_arguments(publish)
    for command in (demo, run, report, publish):
        command.add_argument("--out", default="runs", help="output folder (default: runs)")
    return top


def _add_run_arguments(run):
    run.add_argument("--data", help="another data set than the paper's")
    run.add_argument(
        "--images", type=_count,
        help="test images: scored in tables (default: all), attacked in figures (default: 300)",
    )
    run.add_argument("--clean-images", type=_count,
                     help="test images of the clean accuracy (default: all; in most studies as "
                          "many as --images)")
    run.add_argument("--draws", type=_count, help="fresh draws per image (default: 10)")
    run.add_argument("--seeds", type=_count, help="training seeds 0..N-1 (default: 1)")
    run.add_argument("--recipe", default="cpu", help="training recipe: cpu (default) or paper")
    run.add_argument("--epochs", type=_count, help="epochs, instead of the recipe's")
    run.add_argument("--widths", type=_counts, help="feature maps per stage, such as 16,32,64")
    run.add_argument("--width", type=_fraction, metavar="FRACTION",
                     help="feature maps of a study's networks as a fraction of the paper's")
    run.add_argument("--architecture", choices=tuple(ARCHITECTURES),
                     help="layers of the networks (default: r1-pool-nobn; CIFAR-10: r1)")
    run.add_argument("--gradient", choices=("last", "unrolled"), default="last",
                     help="backward rule of type A (default: last)")
    run.add_argument("--checkpoints", metavar="FOLDER|zoo",
                     help="use DATA-NETWORK-sSEED.keras files from there instead of training")
    run.add_argument("--attacks", type=_words, help=ATTACK_HELP)
    run.add_argument("--set", action="append", metavar="NAME.SETTING=VALUE",
                     help="change a setting of an attack or of the recipe, e.g. Pixel.max_iter=2")
    run.add_argument("--rows", type=_words, help="row numbers, by commas; a study's rows are the "
                     "networks of its table, counted from 1 (default: all)")
    run.add_argument("--T", type=_count, help="only rows that are tested with this T")
    run.add_argument("--shard", type=_count, default=50,
                     help="images per attack record (default: 50)")
    run.add_argument("--batch-size", type=_count, default=250,
                     help="images per forward pass (default: 250)")
    adaptive = run.add_argument_group("run adaptive")
    adaptive.add_argument("--model", action="append", metavar="FILE|NAME",
                          help="a .keras classifier or a zoo name; several are compared")
    adaptive.add_argument("--source", action="append", metavar="FILE|NAME",
                          help="another classifier to transfer attacks from, such as a ReLU one")
    adaptive.add_argument("--twin", action="store_true",
                          help="attack the same weights without their noise as well (type D)")
    adaptive.add_argument("--eps", type=_radii, help="radii of the ball, such as 0.05,0.1")
    adaptive.add_argument("--norm", choices=("inf", "2"), default="inf",
                          help="norm of the ball (default: inf)")
    adaptive.add_argument("--budget", choices=("quick", "standard", "full"), default="quick",
                          help="size of the attacks; what it costs is printed (default: quick)")
    adaptive.add_argument("--score-draws", type=_count, default=100,
                          help="fresh draws that score an attacked image (default: 100)")
    run.add_argument("--workers", type=_count,
                     help="run the cells in this many processes (default: in this one)")
    run.add_argument("--ray", metavar="ADDRESS",
                     help="run them on a Ray cluster: local, auto or HOST:PORT (extra: cluster)")
    run.add_argument("--devices", type=_count,
                     help="divide every training among this many devices (JAX, GPUs)")
    run.add_argument("--retrain", action="store_true",
                     help="train a network whose checkpoint is missing again, even where all its "
                     "results are there; on another machine it may come out different, and the "
                     "results are then made again")
    run.add_argument("--threads", type=_count, default=1,
                     help="threads of each worker; a result's last bits depend on it (default: 1)")


def _add_publish_arguments(publish):
    publish.add_argument("network", nargs="?", metavar="NETWORK",
                         help="a checkpoint's file, or a name such as mnist-A3-s0")
    publish.add_argument("--name", help="what the zoo calls it (default: as --all does)")
    publish.add_argument("--all", action="store_true",
                         help="publish every network of the zoo's list that has a checkpoint")
    publish.add_argument("--replace", action="store_true",
                         help="replace a checkpoint of another training")
    publish.add_argument("--release", metavar="FOLDER", default="dist/zoo",
                         help="where files over 1 MiB go, to be uploaded (default: dist/zoo)")


def main(arguments=None):
    """Runs a command; returns the exit code (0, 2 for a wrong request, 130 when interrupted)."""
    try:
        options = parser().parse_args(arguments)
        if options.command is None:
            raise UsageError(
                "Say what to do: demo, list, run NAME, report or publish (--help explains)."
            )
        # Only now, so that a wrong argument is answered at once: these import Keras.
        from reproduce import commands

        return {
            "demo": commands.demo,
            "list": commands.listing,
            "run": commands.run,
            "report": commands.report,
            "publish": commands.publish,
        }[options.command](options)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except (FloatingPointError, WorkerError) as error:
        # A training diverged, or workers died; the text says where and what may help.
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was finished is kept; the same command goes on from there.",
              file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of the output (such as `head`) has left; there is nobody to tell.
        sys.stderr.close()
        return 0
