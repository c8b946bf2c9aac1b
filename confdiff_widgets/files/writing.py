"""Write files completely or not at all, and report each failure as one error.

Every writer of the package goes through this module. A file gets its name only when it is complete
and on the disk, so that neither a full disk nor a killed process leaves a partial one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import psutil

from ..errors import UserError

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

NO_PERMISSION = (errno.EACCES, errno.EPERM, errno.EROFS)


class OutputError(UserError, OSError):
    """A result cannot be written to the given path."""


@contextmanager
def output_errors(path: Path, advice: str = "") -> Iterator[None]:
    """Turn the errors of writing a file or folder into an `OutputError`.

    Parameters
    ----------
    path : path
        What is being written.
    advice : str
        A further sentence for the user, such as what is kept.
    """
    try:
        yield
    except Exception as error:
        failure = _write_failure(error)
        if failure is None:
            raise
        raise OutputError(f"{_describe(path, failure)} {advice}".rstrip()) from error


def write_files(writers: Mapping[Path, Callable[[Path], object]], advice: str = "") -> list[Path]:
    """Write files completely or not at all, and return their paths.

    The files are written to a temporary folder next to the first path and then moved, so that
    existing files are replaced only after all writers have succeeded.

    Parameters
    ----------
    writers : mapping
        From each path to a function that writes the file to the path that it receives.
    advice : str
        As in `output_errors`.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    first = next(iter(writers))
    with (
        output_errors(first, advice or "Nothing was left behind."),
        tempfile.TemporaryDirectory(dir=first.parent, prefix=_temporary_prefix(first)) as folder,
    ):
        # mdtraj recognises endings in lower case only
        temporary = {path: Path(folder) / path.name.lower() for path in writers}
        for path, write in writers.items():
            write(temporary[path])
            _sync(temporary[path])
        for path in writers:
            temporary[path].replace(path)
    return list(writers)


def _temporary_prefix(path: Path) -> str:
    """Name the temporary folders of a file, and remove those that killed processes left.

    The name contains the process, and a hash of the machine and the file, so that no folder of
    another file, or of a process on another machine, is removed.
    """
    owner = hashlib.sha256(f"{platform.node()}\0{path.name}".encode(errors="replace"))
    prefix = f".confdiff-{owner.hexdigest()[:12]}-"
    for left in path.parent.glob(f"{prefix}*"):
        process = left.name.removeprefix(prefix).split("-")[0]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            shutil.rmtree(left, ignore_errors=True)
    return f"{prefix}{os.getpid()}-"


def write_bytes(path: Path, data: bytes, advice: str = "") -> None:
    """Write a file; see `write_files`."""
    write_files({path: lambda file: file.write_bytes(data)}, advice)


def write_text(path: Path, text: str, advice: str = "") -> None:
    """Write a text as UTF-8; see `write_files`."""
    write_bytes(path, encode(text), advice)


def encode(text: str) -> bytes:
    """Return a text as UTF-8, with "?" for what has no code point, such as parts of a file name."""
    return text.encode("utf-8", errors="replace")


def append(file: FileIO, data: bytes) -> None:
    """Append to an unbuffered file; if that fails, the file keeps its former content.

    Raises
    ------
    OSError
        If the data cannot be written.
    """
    end = file.seek(0, os.SEEK_END)
    left = memoryview(data)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError:
        file.truncate(end)
        raise


def make_folder(folder: Path) -> Path:
    """Create a folder with its parents if it is missing, and check that it is writable.

    Raises
    ------
    OutputError
        If it cannot be created or written to.
    """
    _check_no_file(folder)
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    check_folder(folder)
    return folder


def check_folder(folder: Path) -> None:
    """Raise an OutputError if a folder is missing or not writable."""
    _check_no_file(folder)
    if not folder.is_dir():
        raise OutputError(f"The folder {folder} does not exist. Create it: mkdir -p {folder}")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            f"Cannot write into {folder}: {error.strerror}. Choose another folder."
        ) from error


def _write_failure(error: BaseException) -> Exception | None:
    """Return the failure to write that caused an error; None if it has another cause."""
    if isinstance(error, UserError):
        return None
    seen: BaseException | None = error
    while seen is not None:  # closing a half-written archive hides the first error
        if isinstance(seen, OSError) and not isinstance(seen, UserError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error if isinstance(error, RuntimeError) else None  # mdtraj's XTC writer


def _describe(path: Path, error: Exception) -> str:
    blocking = _file_in_place_of_folder(path.parent)
    if blocking is not None:
        return f"Cannot write {path}: {blocking} is a file, not a folder. Choose another folder."
    code = getattr(error, "errno", None)
    reason = str(getattr(error, "strerror", None) or error or type(error).__name__).rstrip(".")
    if code in NO_SPACE:
        fix = "Free some disk space"
    elif code == errno.EFBIG:
        fix = "Raise the limit on the size of files (ulimit -f), or choose another folder"
    elif code == errno.ENAMETOOLONG:
        fix = "Choose a shorter name"
    elif code in (errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY):
        reason, fix = "there is a file or folder of this name", "Choose another name"
    elif code in NO_PERMISSION:
        fix = "Choose another folder, or check the permissions of this one"
    else:
        fix = "Free some disk space or choose another folder"
    return f"Cannot write {path}: {reason}. {fix}."


def _check_no_file(folder: Path) -> None:
    blocking = _file_in_place_of_folder(folder)
    if blocking is not None:
        raise OutputError(f"{blocking} is a file, not a folder. Choose another folder.")


def _file_in_place_of_folder(folder: Path) -> Path | None:
    try:
        return next((p for p in (folder, *folder.parents) if p.exists() and not p.is_dir()), None)
    except OSError:  # a name that is too long, or a folder that cannot be entered
        return None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
