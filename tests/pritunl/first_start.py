# SPDX-License-Identifier: MIT
"""The first start of a Pritunl on an empty database, step by step, as it was observed; the seconds are since its process began."""

from __future__ import annotations

import threading

from . import administrators

TIMELINE = (("administrator", 12.0), ("certificate", 14.0), ("api", 15.0), ("host", 17.0))  # the last one: "later still"


class FirstStart:
    """Drives a stand-in that was given a throw-away certificate: begin(), then one step after another.

    From begin() on a throw-away front answers, STRICT and without a secret, with a certificate that is in no document. Each
    step is one event of the timeline: the administrator is written; the certificate is written; the front is started anew with
    it and the API accepts; the host is online. step() does the next one, run(factor) the rest of them by the clock.
    """

    def __init__(self, standin, certificate):
        self.standin = standin
        self.certificate = certificate
        self.left = [name for name, _ in TIMELINE]
        self.password = None

    def begin(self):
        """Start the stand-in as the throw-away front."""
        self.standin.configure(initialized=False, api_down=True)
        self.standin.start()
        return self

    def step(self):
        """Bring about the next event; returns its name."""
        name = self.left.pop(0)
        getattr(self, "_" + name)()
        return name

    def until(self, name):
        """Bring about every event up to this one."""
        while name in self.left:
            self.step()

    def run(self, factor=1.0):
        """Bring about what is left by the clock, its seconds multiplied by factor; gives a thread that ends with it."""
        def steps():
            passed = 0.0
            for name, second in TIMELINE:
                self.standin.pause((second - passed) * factor)
                passed = second
                if name in self.left and not self.standin.stopped:
                    self.step()
        thread = threading.Thread(target=steps, daemon=True)
        thread.start()
        return thread

    def _administrator(self):
        _, self.password = administrators.first(self.standin.store)

    def _certificate(self):
        self.standin.certify(*self.certificate)

    def _api(self):
        self.standin.set_tls(*self.certificate)
        self.standin.configure(initialized=True, api_down=False)
        self.standin.restart_front()

    def _host(self):
        self.standin.announce()
