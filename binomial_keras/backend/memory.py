"""Keeping freed memory in the process, so that the next step need not ask for it again."""

import ctypes

# Parameters of mallopt(3), as <malloc.h> numbers them, and what they are set to: never trim the
# heap, take no block from mmap, and have one heap for all threads (in a thread's own heap no block
# of more than 64 MiB has room, and it would come from mmap all the same).
_SETTINGS = {"M_TRIM_THRESHOLD": (-1, -1), "M_MMAP_MAX": (-4, 0), "M_ARENA_MAX": (-8, 1)}


def keep_memory() -> bool:
    """Tell the C library's allocator to keep freed memory for the next tensors of this process.

    glibc hands every block of more than 32 MiB back to the operating system as soon as it is
    freed; the next tensor of that size gets new pages, each of which costs a page fault. The
    joined passes of type A are such blocks (256 images of 28x28 with 16 maps: 12 MiB a pass): with
    T = 5 the faults take a third of an inference on a processor. After this call the memory of the
    process does not shrink any more, and its peak is up to half as large again
    (docs/measurements.md); no number changes.

    It holds for the whole process and cannot be taken back, so a library does not decide it: call
    it at the start of a program, before the first network (a heap that a thread has already got
    stays). `python -m reproduce` does. Memory of a GPU is not concerned.

    Returns:
        True if the allocator knows these settings (glibc), False elsewhere (musl, macOS,
        Windows), where nothing is done.

    Source: mallopt(3): M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX.
    """
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - there under glibc alone
        mallopt = library.mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return all([mallopt(name, value) == 1 for name, value in _SETTINGS.values()])
