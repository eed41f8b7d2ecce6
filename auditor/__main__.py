"""The entry point of `auditor` and of `python -m auditor`."""

from __future__ import annotations

import gc
import io
import os
import sys

from auditor import __version__

# How long a hook may take, in seconds: what is not judged by then does not pass.
TIME_VARIABLE, HOOK_SECONDS, MOST_SECONDS = "AUDITOR_HOOK_SECONDS", "300", 86_400


def main() -> None:
    """Runs the command line and exits with its code; a client's hook is answered without it where that is safe."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # The same bytes under every locale; a lone surrogate of a file name is written out.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        try:  # a hook comes by here, and contextlib takes half as long to import as the interpreter to start
            sys.stdout.write(f"auditor, version {__version__}\n")  # as click has it, without click
            sys.stdout.flush()
            sys.exit(0)
        except OSError:  # nobody takes it, which the command line says
            pass
    if _is_hook(sys.argv[1:]):
        from auditor import warm

        if warm.nothing_to_judge(sys.argv[1:], __version__):
            sys.exit(0)
        _limit_time(os.environ.get(TIME_VARIABLE) or HOOK_SECONDS)
    try:
        sys.exit(_run())
    except KeyboardInterrupt:  # outside of a command, while it is imported or ends
        sys.stderr.write("auditor: interrupted\n")
        sys.exit(130)


def _run() -> int:
    from auditor.cli.main import run

    # A long history is millions of objects that live to the end; to look through them for cycles again and again takes
    # a quarter of the time of its audit.
    gc.set_threshold(500_000)
    return run()


def _is_hook(arguments: list[str]) -> bool:
    """Whether they are of a gate that a git hook calls, in whatever order its options stand."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "gate" in options and any(option.partition("=")[0] == "--hook" for option in options)


def _limit_time(text: str) -> None:
    """Goes on in a process of its own, which is ended when a hook's time is over; then, too, nothing passes.

    No signal and no thread comes between one call of compiled code and the next; another process ends it for sure.
    Where the system has no processes of that kind, time has no limit.

    Args:
        text: how many seconds, more than 0 and at most 86,400.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= MOST_SECONDS:
        _refuse(f"{TIME_VARIABLE}: is no number of seconds above 0, up to {MOST_SECONDS:,}; correct it, or unset it")
    if not hasattr(os, "fork"):
        return
    import signal

    child = os.fork()
    if child == 0:
        return
    for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(name, lambda number, _: os.kill(child, number))
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, status = os.waitpid(child, 0)
    in_time = signal.setitimer(signal.ITIMER_REAL, 0)[0] > 0.0
    code = os.waitstatus_to_exitcode(status)
    if code < 0 and not in_time:
        remedy = f"land less at a time, or give the hook more time in {TIME_VARIABLE}"
        by_hand = "auditor gate --base OLD --head NEW has no limit"
        _refuse(f"took longer than {seconds:g} seconds, so that nothing was judged; {remedy}; {by_hand}")
    if code < 0:
        _refuse(
            f"was ended by signal {-code}, so that nothing was judged; try again, or look for why in the system's log"
        )
    os._exit(code)


def _refuse(line: str) -> None:
    """Ends with 2, after one line."""
    try:
        os.write(2, f"auditor: gate: {line}\n".encode())
    finally:
        os._exit(2)


def _open_closed_streams() -> None:
    """A stream that was closed before is as one to the null device: a file opened later never takes its number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # of the lowest number that is free: this one
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    main()
