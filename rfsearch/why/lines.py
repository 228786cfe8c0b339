"""Lines: sentences about an answer, as a tuple that shows itself a line each."""

from __future__ import annotations

from html import escape


class Lines(tuple[str, ...]):
    """Sentences in order; printed a line each, in a notebook as a list."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(self) if self else "Lines()"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in self)}</ul>"
