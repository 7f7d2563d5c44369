"""Targets whose texts attack the formats of a report, and one with an ordinary text, all with the same faults."""

import os
import sys
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter

SECRETS = ("ya29.a0AfB_byDhVvq0123456789", "sk-live-0123456789abcdef", "alice.smith@corp.io", "hunter2hunter2")
ATTACKS = {
    "Markup": "</code></pre></details><script>alert(1)</script><img src=x onerror=alert(1)>` `` ```\n\n# forged\n"
    "| a | b |\n|-|-|\n[x](javascript:alert(1)) ![y](http://e.test/y.png) @everyone #1 <!-- ",
    "Xml": "]]></failure></testcase><testcase name='forged'/><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
    '&e;&amp;\x00\x0b\x1f\ufffe" onload="x',
    "Terminal": "\x1b[2J\x1b]8;;http://e.test\x07\r\n::error file=a.py,line=1::forged\n::set-output name=verdict::ok%0A"
    f"\u202e\u2028\x9b31m {SECRETS[0]} {SECRETS[1]} {SECRETS[2]} password={SECRETS[3]}",
}


class Ordinary(ReferenceAdapter):
    """Fails with its text in a result, in an exception and in its last words."""

    text = "a text"

    def hello(self, wire: int) -> Json:
        names = dict.fromkeys(("name", "version", "language"), self.text)
        return super().hello(wire) | names | {"capabilities": ["config", "sticky", "pid", "offset", "cooldown"]}

    def load_config(
        self, directory: str, home: str, environment: dict[str, str] | None = None, platform: str = "linux"
    ) -> Json:
        loaded = super().load_config(directory, home, environment, platform)
        return {"config": loaded["config"] | {"resume_text": self.text, "log_dir": {self.text: self.text}}}

    def select(self, *args: Any, **params: Any) -> Json:
        if params.get("pid_offset_enabled"):
            raise RuntimeError(self.text)
        return super().select(*args, **params)

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        if reason:
            super().mark_cooling_down(label, cooldown_ms, reason)
            return
        print(self.text.encode("utf-8", "backslashreplace").decode(), file=sys.stderr, flush=True)
        os._exit(3)


class Markup(Ordinary):
    text = ATTACKS["Markup"]


class Xml(Ordinary):
    text = ATTACKS["Xml"]


class Terminal(Ordinary):
    text = ATTACKS["Terminal"]
