"""What can be the id of a thing: no vendor's ids hold what a URL gives a meaning to, so a mistake is found unsent."""

from __future__ import annotations

_MEANS_SOMETHING = frozenset("/\\?#%")


def identifier(value: str, longest: int) -> str:
    r"""Check an id before anything is sent.

    Args:
        value: the id.
        longest: how many characters it may have.

    Returns:
        The id.

    Raises:
        ValueError: it is empty, too long, dots alone, or holds blanks, control or non-ASCII characters or one of
            `/ \ ? # %`.
    """
    fits = 0 < len(value) <= longest and all("!" <= each <= "~" for each in value)
    if not fits or not value.strip(".") or _MEANS_SOMETHING & set(value):
        raise ValueError(
            f"must be 1 to {longest} printable ASCII characters without blanks or any of / \\ ? # %, and not dots alone"
        )
    return value
