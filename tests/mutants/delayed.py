"""Mutants of delayed saves: the reference with one change."""

from reference_impl.adapter import ReferenceAdapter


class RequestedSaveForgotten(ReferenceAdapter):
    def request_save(self) -> None:
        self._opened_folder()


class StateOfTheRequestSaved(ReferenceAdapter):
    def request_save(self) -> None:
        self.save()


class OneSavePerRequest(ReferenceAdapter):
    requests = 0

    def request_save(self) -> None:
        super().request_save()
        self.requests += 1

    def flush_save(self) -> None:
        super().flush_save()
        self.requests = max(0, self.requests - 1)
        self._opened().save_is_pending = self.requests > 0


class DelayedSaveRaises(ReferenceAdapter):
    def flush_save(self) -> None:
        selector, _ = self._opened_folder()
        if selector.save_is_pending:
            selector.save_is_pending = False
            self.save()


class EnablingRequestsNoSave(ReferenceAdapter):
    def set_enabled(self, label: str, enabled: bool) -> None:
        pending = self._opened().save_is_pending
        super().set_enabled(label, enabled)
        self._opened().save_is_pending = pending
