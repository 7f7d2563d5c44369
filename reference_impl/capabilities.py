"""The release in which each capability begins. Capabilities that are not listed are in every release."""

# The release in which a capability appeared. The reference at an older profile does not claim it.
SINCE = {
    "backoff": "1.3.0",
    "health": "1.3.0",
    "tokens": "1.3.0",
    "reset-limits": "1.3.0",
    "delayed-save": "1.3.0",
    "used": "1.3.2",
    "strict-wait": "1.3.2",
    "reason": "1.3.0",
    "enabled": "1.5.5",
    "verification": "1.5.5",
    "other-account": "1.4.5",
    "soft-quota": "1.4.5",
    "soft-quota-ttl": "1.4.5",
    "update-quota": "1.4.5",
}
