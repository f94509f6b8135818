"""The processes behind public links, of which Gradio keeps a list for the whole program."""

from __future__ import annotations

import subprocess

from gradio.tunneling import CURRENT_TUNNELS, Tunnel

GRACE_SECONDS = 5.0  # between the request to end and the kill


def close_tunnels(port: int) -> None:
    """End every tunnel to a port of this machine, also one whose link nobody has been told."""
    for tunnel in _tunnels_to(port):
        process = _process(tunnel)
        CURRENT_TUNNELS.remove(tunnel)
        tunnel.proc = None  # so that the end of the program does not look for it
        if process is not None:
            _end(process)


def has_ended(port: int) -> bool:
    """Tell whether there is a tunnel to a port whose process has ended by itself."""
    processes = map(_process, _tunnels_to(port))
    return any(process is not None and process.poll() is not None for process in processes)


def _tunnels_to(port: int) -> list[Tunnel]:
    return [tunnel for tunnel in CURRENT_TUNNELS if tunnel.local_port == port]


def _process(tunnel: Tunnel) -> subprocess.Popen[bytes] | None:
    process: subprocess.Popen[bytes] | None = tunnel.proc
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, kill it where it does not, and close its pipes."""
    process.terminate()
    try:
        process.communicate(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
