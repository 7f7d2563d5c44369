"""Wrong saving: the reference with one thing changed."""

from tests.mutants.storage import WithQuirk


class RemovedAccountWrittenBack(WithQuirk):
    quirk = "accounts-only-added"


class OwnRemovalNotStored(WithQuirk):
    quirk = "accounts-only-added"


class ForgottenLimitComesBack(WithQuirk):
    quirk = "limits-laid-over"


class OlderLimitLaidOver(WithQuirk):
    quirk = "limits-laid-over"


class CooldownOverwritten(WithQuirk):
    quirk = "cooldown-and-email-overwritten"


class EnabledOverwritten(WithQuirk):
    quirk = "enabled-overwritten"


class SavedIndexNotFollowed(WithQuirk):
    quirk = "saved-index-not-followed"
