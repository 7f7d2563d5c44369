"""Mutants of saving: the reference with one change."""

from tests.mutants.storage import WithQuirk


class RemovedAccountWrittenBack(WithQuirk):
    quirk = "save-never-removes-accounts"


class OwnRemovalNotStored(WithQuirk):
    quirk = "save-never-removes-accounts"


class ForgottenLimitComesBack(WithQuirk):
    quirk = "save-overwrites-rate-limits"


class OlderLimitLaidOver(WithQuirk):
    quirk = "save-overwrites-rate-limits"


class CooldownOverwritten(WithQuirk):
    quirk = "save-overwrites-cooldown-and-email"


class EnabledOverwritten(WithQuirk):
    quirk = "save-overwrites-enabled"


class SavedIndexNotFollowed(WithQuirk):
    quirk = "saved-index-not-remapped"
