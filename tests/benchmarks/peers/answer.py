"""The answer that all are given: chunk n ends with the number n, amid ordinary markdown; about 5 bytes a chunk."""

from __future__ import annotations

SECTION = 200


def chunk(n: int) -> str:
    """Chunk `n`: a number, with what begins or ends a block before it where one does."""
    place, section = n % SECTION, n // SECTION
    if place == 0:
        return f"\n\n## Part\n\n{n} "
    if place in (60, 120, 180):
        return f"\n\n{n} "
    if place == 10 * (place // 10) and 120 < place < 180:
        return f"\n- {n} "
    if place == 20 and section % 2 == 0:
        return f"\n\n```python\nx = {n} "
    if place == 40 and section % 2 == 0:
        return f"\n```\n\n{n} "
    if place % 15 == 7 and not 20 <= place <= 40:
        return f"**{n}** "
    return f"{n} "
