"""A value that is worked out when it is first needed."""

from collections.abc import Callable
from typing import Generic, TypeVar

_Result = TypeVar("_Result")


class Once(Generic[_Result]):
    """Calls a function at most once; an error is remembered as well, for asking a slow ERP again tells nothing new."""

    def __init__(self, function: Callable[[], _Result]) -> None:
        self._function = function
        self._results: list[_Result] = []
        self._error: Exception | None = None

    def __call__(self) -> _Result:
        if self._error is not None:
            raise self._error
        if not self._results:
            try:
                self._results.append(self._function())
            except Exception as error:
                self._error = error
                raise
        return self._results[0]
