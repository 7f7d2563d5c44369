"""What the verdict words mean, in the words of docs/report.md, and how a page shows them."""

from typing import Final

from conformance.reports.verdicts import Word

GLOSSARY: Final[dict[Word, str]] = {
    "fail": "An answer was not the expected one, and no known deviation covers it. "
    "Or the rule was required, and it was not judged.",
    "unknown": "The adapter or the suite failed, so there is no verdict.",
    "waived": "Known deviations cover every answer that was not the expected one.",
    "pass": "Every answer was the expected one.",
    "not run": "No case ran: this machine cannot run it, or the run ended before.",
    "not claimed": "The target does not claim a capability that the rule needs.",
}
