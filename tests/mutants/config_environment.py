"""Mutants of variables and paths: the config loading of the reference with one change."""

import math
from collections.abc import Mapping
from pathlib import Path

from reference_impl.config.environment import OFF, ON, PREFIX, STRATEGIES
from reference_impl.config.files import read_file
from tests.mutants.config import Layer, WrongConfig

SWITCHES = {**ON, **OFF}


class PidOffsetVariableUnread(WrongConfig):
    unread = "PID_OFFSET_ENABLED"


class StrategyVariableUnread(WrongConfig):
    unread = "ACCOUNT_SELECTION_STRATEGY"


class QuietVariableUnread(WrongConfig):
    unread = "QUIET"


class SessionRecoveryVariableUnread(WrongConfig):
    unread = "SESSION_RECOVERY"


class AutoUpdateVariableUnread(WrongConfig):
    unread = "AUTO_UPDATE"


class LogDirVariableUnread(WrongConfig):
    unread = "LOG_DIR"


class KeepThinkingVariableUnread(WrongConfig):
    unread = "KEEP_THINKING"


class DebugVariableUnread(WrongConfig):
    unread = "DEBUG"


class DebugTuiVariableUnread(WrongConfig):
    unread = "DEBUG_TUI"


class PidOffsetOnlyByOne(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return None if name == "PID_OFFSET_ENABLED" and word == "true" else word


class PidOffsetByAnyValue(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return "1" if name == "PID_OFFSET_ENABLED" and word and word not in OFF else word


class PidOffsetOffByZero(WrongConfig):
    def set_by(self, variables: Mapping[str, str]) -> Layer:
        off = variables.get(PREFIX + "PID_OFFSET_ENABLED") in OFF
        return {**super().set_by(variables), **({"pid_offset_enabled": False} if off else {})}


class StrategyVariableFallsBackToFile(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return None if name == "ACCOUNT_SELECTION_STRATEGY" and word not in STRATEGIES else word


class EmptyVariablesCount(WrongConfig):
    def set_by(self, variables: Mapping[str, str]) -> Layer:
        empty = {
            "pid_offset_enabled": ("PID_OFFSET_ENABLED", False),
            "quiet_mode": ("QUIET", False),
            "resume_text": ("RESUME_TEXT", ""),
            "log_dir": ("LOG_DIR", ""),
        }
        counted = {key: value for key, (name, value) in empty.items() if variables.get(PREFIX + name) == ""}
        return {**super().set_by(variables), **counted}


class QuietBothWays(WrongConfig):
    def set_by(self, variables: Mapping[str, str]) -> Layer:
        off = variables.get(PREFIX + "QUIET") in OFF
        return {**super().set_by(variables), **({"quiet_mode": False} if off else {})}


class DebugOnlyByOne(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return None if name == "DEBUG" and word not in SWITCHES else word


class DebugNeverOff(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return None if name == "DEBUG" and word in OFF else word


class OffSwitchesBothWays(WrongConfig):
    def set_by(self, variables: Mapping[str, str]) -> Layer:
        on = [name for name in ("SESSION_RECOVERY", "AUTO_UPDATE") if variables.get(PREFIX + name) in ON]
        return {**super().set_by(variables), **{name.lower(): True for name in on}}


class AutoResumeOnlyOff(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return None if name == "AUTO_RESUME" and word in ON else word


class AutoResumeByAnyValue(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return "1" if name == "AUTO_RESUME" and word and word not in SWITCHES else word


class ResumeTextTrimmed(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return word.strip() if name == "RESUME_TEXT" else word


class EnvAnyCase(WrongConfig):
    def set_by(self, variables: Mapping[str, str]) -> Layer:
        return super().set_by({name.upper(): word for name, word in variables.items()})


class EnvValuesNormalised(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return word.strip().lower() if name in ("PID_OFFSET_ENABLED", "ACCOUNT_SELECTION_STRATEGY") else word


class WebSearchModeNeverOff(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return None if name == "WEB_SEARCH" and word == "off" else word


class WebSearchThresholdUnbounded(WrongConfig):
    def set_by(self, variables: Mapping[str, str]) -> Layer:
        layer = super().set_by(variables)
        try:
            number = float(variables.get(PREFIX + "WEB_SEARCH_THRESHOLD", ""))
        except ValueError:
            return layer
        return layer if math.isnan(number) else {**layer, "web_search": {"grounding_threshold": number}}


class WebSearchThresholdOfZeroIsNone(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return "none" if name == "WEB_SEARCH_THRESHOLD" and not word.strip("0.") else word


class WebSearchThresholdFallsBackToFile(WrongConfig):
    def word(self, name: str, word: str) -> str | None:
        return None if name == "WEB_SEARCH_THRESHOLD" and not any(c.isdigit() for c in word) else word


# Paths


def below(root: str) -> str:
    return f"{root}/opencode/antigravity.json"


def either(first: str, second: str) -> str:
    """The first file if it can be read, else the second."""
    return second if read_file(first) is None else first


class OtherUserFile(WrongConfig):
    """Uses another path for the user file on some platforms."""

    def user_file(self, home: str, variables: Mapping[str, str], platform: str) -> str:
        right = super().user_file(home, variables, platform)
        return self.instead(right, home, variables, platform)

    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        raise NotImplementedError


class UserFileInHome(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return either(f"{home}/.opencode/antigravity.json", right)


class ApplicationSupportOnMacos(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        moved = platform == "darwin" and not variables.get("XDG_CONFIG_HOME")
        return below(f"{home}/Library/Application Support") if moved else right


class XdgUnread(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return right if platform == "win32" else below(f"{home}/.config")


class XdgFallsBackToHome(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return right if platform == "win32" else either(right, below(f"{home}/.config"))


class EmptyXdgIsAFolder(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return below(".") if platform != "win32" and variables.get("XDG_CONFIG_HOME") == "" else right


class AppdataEverywhere(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return below(variables["APPDATA"]) if variables.get("APPDATA") else right


class BeforeWindowsWasPosix(OtherUserFile):
    """The reference at 1.4.3, the last release with a separate folder for Windows."""

    def __init__(self) -> None:
        super().__init__("1.4.3")


class WindowsAsPosix(BeforeWindowsWasPosix):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return WrongConfig.user_file(self, home, variables, "linux")


class LocalAppData(BeforeWindowsWasPosix):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return right.replace("/AppData/Roaming/", "/AppData/Local/")


class XdgOnWindows(BeforeWindowsWasPosix):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return below(variables["XDG_CONFIG_HOME"]) if variables.get("XDG_CONFIG_HOME") else right


class EmptyAppdataIsAFolder(BeforeWindowsWasPosix):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return below(".") if platform == "win32" and variables.get("APPDATA") == "" else right


class WindowsFallsBackToDotConfig(BeforeWindowsWasPosix):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return either(right, below(f"{home}/.config")) if platform == "win32" else right


class AppdataBeforeDotConfig(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        appdata = variables.get("APPDATA") or f"{home}/AppData/Roaming"
        return either(below(appdata), right) if platform == "win32" else right


class XdgUnreadOnWindows(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return below(f"{home}/.config") if platform == "win32" else right


class OpencodeBelowConfigDir(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        folder = variables.get("OPENCODE_CONFIG_DIR")
        return below(folder) if folder else right


class ConfigDirFallsBack(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        others = {name: value for name, value in variables.items() if name != "OPENCODE_CONFIG_DIR"}
        return either(right, WrongConfig.user_file(self, home, others, platform))


class EmptyConfigDirIsAFolder(OtherUserFile):
    def instead(self, right: str, home: str, variables: Mapping[str, str], platform: str) -> str:
        return "./antigravity.json" if variables.get("OPENCODE_CONFIG_DIR") == "" else right


class ProjectFileWithoutFolder(WrongConfig):
    def project_file(self, directory: str) -> str:
        return either(f"{directory}/antigravity.json", super().project_file(directory))


class ProjectFileFromAbove(WrongConfig):
    def project_file(self, directory: str) -> str:
        return either(super().project_file(directory), super().project_file(str(Path(directory).parent)))


class JsoncFileToo(WrongConfig):
    def read(self, path: str) -> bytes | None:
        return read_file(either(path, path + "c"))


class LinksNotFollowed(WrongConfig):
    def read(self, path: str) -> bytes | None:
        return None if Path(path).is_symlink() else read_file(path)
