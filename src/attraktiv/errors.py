"""Errors that a user can act on.

Every error a user may cause is one of these. The command line prints the message as
one paragraph and leaves with ``exit_code``; Python users catch :class:`AttraktivError`.
A message says what is wrong, where, what was found, what is valid, and the corrected
call.
"""

from __future__ import annotations


class AttraktivError(Exception):
    """Base of all errors that are the user's to mend."""

    exit_code = 1


class InputError(AttraktivError):
    """The input or the call is wrong; nothing was started."""

    exit_code = 2


class PanelError(InputError):
    """A panel folder, file or built panel is wrong."""


class SpecError(InputError):
    """A model specification is wrong."""


class DesignError(InputError):
    """A specification and a panel do not fit together."""


class RunError(InputError):
    """A stored run is missing, foreign, half-written, or lacks what was asked for."""


class ForecastError(InputError):
    """A run cannot be forecast, or a scenario is wrong."""


class RecipeError(InputError):
    """A recipe or a mapping of data is wrong, or does not fit what it is a recipe for."""


class BorderError(InputError):
    """Changes of borders or a mapping are wrong, or do not fit the figures."""


class FitError(AttraktivError):
    """The estimation itself failed."""


class IngestError(AttraktivError):
    """Official data could not be fetched, or what came is not what was asked for."""


class RefusedError(IngestError):
    """A service refused a question.

    Attributes
    ----------
    status : int
        Of HTTP.
    title : str
        What the service says is wrong; empty where it says nothing.
    """

    def __init__(self, message: str, *, status: int, title: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.title = title


class AttraktivWarning(UserWarning):
    """Something a user should know that does not stop the work."""


class PanelWarning(AttraktivWarning):
    """A doubtful row in a panel."""


class SourceWarning(AttraktivWarning):
    """Official data are used, but not all that was asked for is there."""


class LookAheadWarning(AttraktivWarning):
    """Something was used that was not yet known at the last year of the fit."""
