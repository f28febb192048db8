# SPDX-License-Identifier: ISC
"""The result file of long work: JSON lines, a header first, each line written whole."""

import fcntl
import json
import os
from pathlib import Path

from .errors import XcError

FORMAT = 1


class StoreError(XcError):
    """The result file cannot be used; the text says why and what to do."""


def _parse(path, data):
    """(header, records, bytes that are whole lines)."""
    whole = data.rfind(b"\n") + 1
    records = []
    for number, line in enumerate(data[:whole].splitlines(), 1):
        try:
            record = json.loads(line)
        except ValueError as error:
            raise StoreError(f"{path}:{number}: not JSON: {error}") from None
        if not isinstance(record, dict) or "record" not in record:
            raise StoreError(f"{path}:{number}: not a line of a result file")
        records.append(record)
    if not records or records[0]["record"] != "header":
        raise StoreError(f"{path}: no result file of xc: its first line is no header")
    if records[0].get("format") != FORMAT:
        raise StoreError(f"{path}: has format {records[0].get('format')}, this xc reads {FORMAT}")
    return records[0], records[1:], whole


def load(path):
    """(header, rows) of a result file; a line that was cut off is left out."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
    header, records, _ = _parse(path, data)
    return header, [record for record in records if record["record"] == "run"]


class Store:
    """A result file open for more rows; no other process writes to it meanwhile."""

    def __init__(self, path, descriptor, header, rows):
        self.path, self.descriptor = path, descriptor
        self.header, self.rows = header, rows

    @classmethod
    def create(cls, path, header):
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            raise StoreError(f"{path}: is there already: go on with --resume {path}, or give "
                             "another --output") from None
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}") from None
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        store = cls(path, descriptor, {"record": "header", "format": FORMAT, **header}, [])
        try:
            store._write(store.header)
        except StoreError:
            os.unlink(path)
            raise
        return store

    @classmethod
    def resume(cls, path):
        """Open a file for more; a last line that was cut off is taken away."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with open(path, "rb") as stream:
                header, records, whole = _parse(path, stream.read())
            os.ftruncate(descriptor, whole)
            os.lseek(descriptor, 0, os.SEEK_END)
        except BlockingIOError:
            os.close(descriptor)
            raise StoreError(f"{path}: another xc is writing it") from None
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor, header,
                   [record for record in records if record["record"] == "run"])

    def _write(self, record):
        """Append one line, whole or not at all."""
        line = (json.dumps(record, ensure_ascii=False) + "\n").encode()
        start = os.lseek(self.descriptor, 0, os.SEEK_CUR)
        written = 0
        try:
            while written < len(line):
                written += os.write(self.descriptor, line[written:])
        except OSError as error:
            os.ftruncate(self.descriptor, start)
            raise StoreError(f"{self.path}: {error.strerror}: the results end here") from None

    def add(self, row):
        """Keep a row."""
        row = {"record": "run", **row}
        self._write(row)
        self.rows.append(row)

    def close(self):
        os.close(self.descriptor)
