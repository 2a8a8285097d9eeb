"""Validate ids: no vendor's ids contain characters with a meaning in URLs, so mistakes surface before a request."""

from __future__ import annotations

_MEANS_SOMETHING = frozenset("/\\?#%")


def identifier(value: str, longest: int) -> str:
    r"""Check an id before anything is sent.

    Args:
        value: the id.
        longest: the maximum number of characters.

    Returns:
        The id.

    Raises:
        ValueError: it is empty, too long, only dots, or contains blanks, control or non-ASCII characters or one of
            `/ \ ? # %`.
    """
    fits = 0 < len(value) <= longest and all("!" <= each <= "~" for each in value)
    if not fits or not value.strip(".") or _MEANS_SOMETHING & set(value):
        raise ValueError(
            f"must be 1 to {longest} printable ASCII characters without blanks or any of / \\ ? # %, and not dots alone"
        )
    return value
