"""Turns cargo's progress bar into a line a minute, for logs; everything else passes through."""

import os
import re
import sys
import time

PERIOD = 60
BAR = re.compile(rb"^\s*Building \[.*\] (\d+)/(\d+)(?:: (.*))?$")
ROUTINE = (b"Compiling ", b"Fresh ", b"Downloading ", b"Downloaded ", b"Blocking ")


def main():
    started = shown = time.monotonic()
    pending = b""
    while chunk := os.read(0, 65536):
        *pieces, pending = re.split(rb"[\r\n]", pending + chunk)
        for piece in pieces:
            piece = re.sub(rb"\x1b\[[0-9;]*[A-Za-z]", b"", piece).rstrip()
            if bar := BAR.match(piece):
                now = time.monotonic()
                if now - shown >= PERIOD:
                    shown = now
                    done, total = int(bar[1]), int(bar[2])
                    current = (bar[3] or b"").decode(errors="replace").split(", ")
                    minutes = int((now - started) / 60)
                    print(
                        f"  [{minutes:2d} min] {done} of {total} steps ({100 * done // total} %), now: {', '.join(current[:3])}",
                        flush=True,
                    )
            elif piece.strip() and not piece.lstrip().startswith(ROUTINE):
                print(piece.decode(errors="replace"), flush=True)
    if pending.strip() and not BAR.match(pending):
        print(pending.decode(errors="replace"), flush=True)


main()
