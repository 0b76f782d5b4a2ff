"""Ctrl-C and the other ways to be told to end: once they end the walk, so that it removes what it made; while it removes
that, they only say what is going on.
"""

import contextlib
import os
import signal

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """Told to end, by the signal of that number."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.number = number


class Signals:
    """What happens on a signal, now."""

    def __init__(self, tell):
        self.tell = tell
        self.deaf = False

    def hold_off(self):
        """From now on, no signal ends anything."""
        self.deaf = True

    def received(self, number, _frame):
        """What Python calls. A terminal and make may both send the same signal, so the first one also holds off."""
        if self.deaf:
            self.tell(f"  removing what was made; kill -9 {os.getpid()} ends that, and leaves it to make account-clean")
            return
        self.hold_off()
        raise Interrupted(number)


@contextlib.contextmanager
def handled(tell):
    """Handle the signals, then put back who did before."""
    signals = Signals(tell)
    # Under nohup, a terminal that goes away is to end nothing.
    numbers = [number for number in HANDLED if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, signals.received) for number in numbers}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
