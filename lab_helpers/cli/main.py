"""The entry point of `lab`: registers the verbs and maps errors to a message and an exit code."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import typer

from lab_helpers import paths
from lab_helpers.cli import (
    addon,
    admin_manifest,
    bundle,
    certificate,
    checklist,
    checkpoint,
    config,
    diff,
    doctor,
    down,
    drill,
    env,
    image,
    kubeconfig,
    lint,
    node,
    prepare,
    reset,
    run,
    status,
    template,
    up,
    usage,
    validate,
)
from lab_helpers.cli import open as open_
from lab_helpers.cli.verbs import add
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.terminal import adapt

__all__ = ["app", "main"]

# 128 + the signal's number, as shells have it.
_INTERRUPTED = tuple(128 + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))

app = typer.Typer(
    help=_("A learning workbook and end-to-end lab for a Kubernetes deployment architecture, on a real cluster."),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


add(app, doctor.doctor)
add(app, prepare.prepare)
add(app, up.up)
add(app, status.status)
add(app, down.down)
add(app, run.run)
add(app, kubeconfig.kubeconfig)
add(app, env.env)
add(app, open_.open_lab, "open")
add(app, admin_manifest.admin_manifest, "admin-manifest")
add(app, reset.reset)
add(app, validate.validate)
add(app, lint.lint)
add(app, checklist.checklist)
add(app, diff.diff)
add(app, certificate.certificate)
add(app, usage.usage)
app.add_typer(addon.app, name="addon")
app.add_typer(bundle.app, name="bundle")
app.add_typer(checkpoint.app, name="checkpoint")
app.add_typer(config.app, name="config")
app.add_typer(drill.app, name="drill")
app.add_typer(image.app, name="image")
app.add_typer(node.app, name="node")
app.add_typer(template.app, name="template")


def main() -> None:
    """Run `lab`."""
    adapt()
    # Both act like Ctrl-C: an exception that unwinds every context manager.
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        # Without standalone mode, the app returns the code of `typer.Exit`, and 130 for Ctrl-C.
        code = app(standalone_mode=False) or 0
    except LabError as error:
        _fail(str(error), error.exit_code)
    except typer.Abort:
        code = 128 + signal.SIGINT
    except SystemExit as exit_request:  # a run that a signal stopped
        code = exit_request.code
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("lab_helpers"):
            raise
        reason = _("is not installed: without the workbook there are `lab lint`, `lab diff` and `lab checklist` only")
        _fail(str(LabError(reason, object=error.name, next_step="make .venv/stamp")), 1)
    except OSError as error:
        explained = _explain(error)
        if explained is None:
            raise
        _fail(str(explained), 1)
    except Exception as error:
        # Typer's usage errors carry a message and an exit code.
        if not hasattr(error, "exit_code") or not hasattr(error, "format_message"):
            raise
        if not error.format_message():  # no verb: the help is printed already
            sys.exit(error.exit_code)
        verb = getattr(getattr(error, "ctx", None), "command_path", "lab")
        _fail(str(LabError(error.format_message(), next_step=f"{verb} --help")), error.exit_code)
    if code in _INTERRUPTED:
        _fail(_("interrupted; nothing is left half made"), code)
    sys.exit(code)


def _explain(error: OSError) -> LabError | None:
    """An error that a person can fix on this machine; None for a bug of the lab."""
    if error.errno == errno.ENOSPC:
        return LabError(_("no space left"), object=str(error.filename or _("disk")), next_step="df -h")
    if error.filename is None:
        return None
    file = os.fsdecode(error.filename)
    lab_directories = (paths.state_directory(), paths.cache_directory())
    is_own = any(root.is_relative_to(file) or Path(file).is_relative_to(root) for root in lab_directories)
    step = "lab doctor" if is_own else f"ls -ld {shlex.quote(file)}"
    return LabError(error.strerror or str(error), object=file, next_step=step)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _fail(message: str, code: int | str | None) -> NoReturn:
    _print_refusal(sys.argv[1:2])
    print(f"lab: {message}", file=sys.stderr)
    sys.exit(code)


def _print_refusal(verb: list[str]) -> None:
    """Print, for a shell that uses these verbs' output, a kubeconfig that every tool rejects."""
    if verb in (["kubeconfig"], ["env"]):
        from lab_helpers.workbook.room import outside

        print(outside.NO_CLUSTER if verb == ["kubeconfig"] else "\n".join(outside.refusal()))
