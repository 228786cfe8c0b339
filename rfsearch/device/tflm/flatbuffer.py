"""The size of a flatbuffers file, byte for byte, without its contents.

A flatbuffers builder writes from the end of the file to its beginning: scalars and vectors are
aligned to their own width, counted from the end, and a table's layout (its vtable) is written once
for all tables of equal layout. So the size depends on the widths and the order of what is written
alone. Source: the FlatBuffers internals page, and the Python builder, with which TensorFlow's
converter writes its files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

OFFSET = 4
# The offset of the root and the identifier of the format.
HEAD = 2 * OFFSET
_VTABLE_ENTRY = 2
# Before the entries of a vtable stand its own size and that of the table.
_VTABLE_HEAD = 2


class FileSize:
    """The bytes of a flatbuffers file so far, counted from its end.

    A piece of a file begins `start` bytes from the end, and with `layouts` false every layout of
    its tables is there already.
    """

    def __init__(self, start: int = 0, layouts: bool = True) -> None:
        self.bytes = start
        self._widest = 1
        self._counted = layouts
        self._layouts: set[tuple[int, tuple[tuple[int, int], ...]]] = set()

    def string(self, length: int) -> None:
        """A text of `length` bytes: its length, itself and a zero."""
        self._align(OFFSET, length + 1)
        self.bytes += OFFSET + length + 1

    def vector(self, count: int, width: int = OFFSET) -> None:
        """`count` elements of `width` bytes; offsets to what was written before by default."""
        self._align(OFFSET, count * width)
        self._align(width, count * width)
        self.bytes += OFFSET + count * width

    def table(self, fields: Sequence[tuple[int, int]]) -> None:
        """A table of (slot, width) fields, in the order in which they are set.

        Fields that have their default are not written, so they must not be among these.
        """
        before = self.bytes
        ends = []
        for slot, width in fields:
            self._align(width)
            self.bytes += width
            ends.append((slot, self.bytes))
        self._align(OFFSET)
        self.bytes += OFFSET
        here = self.bytes
        layout = here - before, tuple(sorted((slot, here - end) for slot, end in ends))
        if self._counted and layout not in self._layouts:
            self._layouts.add(layout)
            self.bytes += self.layout(slot for slot, _ in fields)

    def finished(self) -> int:
        """Bytes of the whole file, its identifier and the offset of its root included."""
        self._align(self._widest, HEAD)
        return self.bytes + HEAD

    @staticmethod
    def layout(slots: Iterable[int]) -> int:
        """Bytes of the layout of a table with these fields."""
        return (_VTABLE_HEAD + max(slots, default=-1) + 1) * _VTABLE_ENTRY

    @staticmethod
    def least(write: Callable[[FileSize], None]) -> int:
        """The fewest bytes that what `write` adds takes anywhere in a file.

        Everything begins at a multiple of 4, and no alignment is wider than 8.
        """
        found = []
        for start in (0, OFFSET):
            piece = FileSize(start, layouts=False)
            write(piece)
            found.append(piece.bytes - start)
        return min(found)

    def _align(self, width: int, more: int = 0) -> None:
        """Pad so that what ends `more` bytes further on stands at a multiple of `width`."""
        self._widest = max(self._widest, width)
        self.bytes += -(self.bytes + more) % width
