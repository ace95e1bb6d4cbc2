"""Writes the files of this folder, with what must come out beside them. Run it in an empty environment with
pyarrow 26, pandas 3.1, fastparquet 2026.9, duckdb 2.0, zstandard 0.25 and backports.zstd: `python write.py`."""

import csv
import datetime as dt
import decimal
import io
import json
import struct
import subprocess
import zlib

import backports.zstd.zipfile as zipfile
import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

UTC = dt.timezone.utc


def lines(path, values):
    with open(path, "w", encoding="utf-8") as file:
        for value in values:
            file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


# Parquet: every type that people put in a table of answers, with nulls, empty lists and texts of all lengths.
def value(n):
    day = dt.date(1969, 12, 30) + dt.timedelta(days=n * 400)
    time = dt.datetime(2026, 11, 26, 10, 20, n, 123456 * (n % 3))
    nothing = n % 5 == 4
    return {
        "text": None if nothing else ["", "plain", "日本 🎲 \u2028", 'quotes " \\ \n', "x" * 300][n % 5],
        "same": "one prompt for all rows",
        "int64": None if nothing else [0, -1, 2**53 + 1, -(2**63), 7][n % 5],
        "uint64": 2**64 - 1 if n == 3 else n,
        "int32": -n,
        "double": [0.5, -1.25, 1e300, 0.1][n % 4],
        "float32": [0.5, -1.25, 3.5][n % 3],
        "truth": None if nothing else n % 2 == 0,
        "day": day,
        "utc": time.replace(tzinfo=UTC),
        "local": time,
        "clock": dt.time(23, 59, n, 5),
        "money": decimal.Decimal(n).scaleb(-2),
        "bytes": [b"text", b"\xff\x00", None][n % 3],
        "names": None if nothing else [f"n{k}" for k in range(n % 4)],
        "messages": [
            {"role": "user", "content": f"question {n}", "at": time.replace(tzinfo=UTC), "seen": k or None}
            for k in range(n % 3)
        ],
        "meta": None if nothing else {"seed": 2**60 + n, "scores": [float(k) + 0.5 for k in range(n % 3)]},
        "tags": None if nothing else [(f"k{k}", k) for k in range(n % 3)],
        "never": None,
    }


SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("same", pa.string()),
        ("int64", pa.int64()),
        ("uint64", pa.uint64()),
        ("int32", pa.int32()),
        ("double", pa.float64()),
        ("float32", pa.float32()),
        ("truth", pa.bool_()),
        ("day", pa.date32()),
        ("utc", pa.timestamp("us", "UTC")),
        ("local", pa.timestamp("ms")),
        ("clock", pa.time64("us")),
        ("money", pa.decimal128(10, 2)),
        ("bytes", pa.binary()),
        ("names", pa.list_(pa.string())),
        (
            "messages",
            pa.list_(
                pa.struct(
                    [("role", pa.string()), ("content", pa.string()), ("at", pa.timestamp("us", "UTC")), ("seen", pa.int64())]
                )
            ),
        ),
        ("meta", pa.struct([("seed", pa.int64()), ("scores", pa.list_(pa.float64()))])),
        ("tags", pa.map_(pa.string(), pa.int64())),
        ("never", pa.null()),
    ]
)


def as_json(row):
    iso = lambda time, digits: time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond:06}"[:digits]
    whole = lambda number: int(number) if number == int(number) and abs(number) < 1e15 else number
    return {
        **row,
        "day": row["day"].isoformat(),
        "utc": iso(row["utc"], 6) + "Z",
        "local": iso(row["local"], 3),
        "clock": row["clock"].strftime("%H:%M:%S.%f"),
        "money": whole(float(row["money"])),
        "bytes": {None: None, b"text": "text", b"\xff\x00": "/wA="}[row["bytes"]],
        "messages": [{**message, "at": iso(message["at"], 6) + "Z"} for message in row["messages"]],
        "tags": None if row["tags"] is None else dict(row["tags"]),
    }


rows = [value(n) for n in range(12)]
table = pa.Table.from_pylist(rows, schema=SCHEMA)
lines("types.expected.jsonl", [as_json(row) for row in rows])
for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
    pq.write_table(table, f"types-{codec}.parquet", compression=codec, row_group_size=5)
pq.write_table(
    table, "types-v2.parquet", compression="zstd", row_group_size=5, data_page_version="2.0", data_page_size=200,
    write_page_checksum=True, write_page_index=True, store_schema=False,
)
pq.write_table(
    table, "types-deltas.parquet", compression="none", row_group_size=12, use_dictionary=False,
    column_encoding={"text": "DELTA_BYTE_ARRAY", "same": "DELTA_LENGTH_BYTE_ARRAY", "int64": "DELTA_BINARY_PACKED",
                     "double": "BYTE_STREAM_SPLIT"},
)

# Other writers, with flat tables and lists.
plain = [{"prompt": f"p{n // 4}", "response": ["", f"answer {n}", None][n % 3], "reward": n / 4, "n": n} for n in range(10)]
lines("plain.expected.jsonl", [{**row, "reward": int(row["reward"]) if row["reward"] % 1 == 0 else row["reward"]} for row in plain])
pd.DataFrame(plain).to_parquet("plain-fastparquet.parquet", engine="fastparquet", index=False, row_group_offsets=4)
frame = pd.DataFrame(plain)
duckdb.sql("copy (select * from frame) to 'plain-duckdb.parquet' (format parquet, compression zstd)")

# CSV: rows as Python writes them; where each begins is counted as they are written.
cells = [
    ["id", "prompt", "response", "score"],
    ["1", "plain", "text", "0.5"],
    ["2", 'with "quotes"', "a comma, and more", "1"],
    ["3", "two\nlines", "a\r\nb", ""],
    ["4", "日本 🎲", "", "0"],
    ["5", "\ttab", " spaces ", "-1.5e3"],
]
for name, dialect, quoting in [
    ("excel.csv", "excel", csv.QUOTE_MINIMAL),
    ("unix-all.csv", "unix", csv.QUOTE_ALL),
    ("excel-tab.tsv", "excel-tab", csv.QUOTE_MINIMAL),
]:
    out = io.StringIO()
    writer = csv.writer(out, dialect, quoting=quoting)
    offsets = []
    for row in cells:
        offsets.append(len(out.getvalue().encode()))
        writer.writerow(row)
    with open(name, "wb") as file:
        file.write(out.getvalue().encode())
    read = csv.DictReader(io.StringIO(out.getvalue(), newline=""), dialect=dialect)
    lines(
        f"{name}.expected.jsonl",
        [{"offset": at, "value": {k: v for k, v in row.items() if v != ""}} for at, row in zip(offsets[1:], read)],
    )
pd.DataFrame([dict(zip(cells[0], row)) for row in cells[1:]]).to_csv("pandas-index.csv", encoding="utf-8-sig")

# Archives.
record = lambda n: json.dumps({"id": n, "text": f"record {n} " + "日本 " * 40}, ensure_ascii=False).encode()


def archive(name, method):
    with zipfile.ZipFile(name, "w", method) as file:
        file.writestr("header.json", json.dumps({"task": "t"}, indent=2))
        file.writestr("samples/", b"")
        for n in range(3):
            file.writestr(f"samples/{n}.json", record(n))
        file.writestr("samples/1.json", record(9))
        file.writestr("lines.jsonl", b"\n".join(record(n) for n in range(3)) + b"\n")
        file.writestr("array.json", b"[" + b",\n".join(record(n) for n in range(3)) + b"]")
        file.writestr("table.csv", b"a,b\n1,2\n3,4\n")


import warnings

warnings.simplefilter("ignore")
archive("stored.zip", zipfile.ZIP_STORED)
archive("deflate.zip", zipfile.ZIP_DEFLATED)
archive("zstd.zip", zipfile.ZIP_ZSTANDARD)


class Pipe(io.BytesIO):
    """Where nobody can seek back, sizes stand behind the data."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise io.UnsupportedOperation


pipe = Pipe()
archive(pipe, zipfile.ZIP_DEFLATED)
with open("piped.zip", "wb") as file:
    file.write(pipe.getvalue())

# An entry of several zstd frames, as Inspect writes those over 200 MiB; there is no other writer of such that is small.
text = b"[" + b",\n".join(record(n) for n in range(50)) + b"]"
frames = b"".join(zstandard.compress(text[at : at + 3000]) for at in range(0, len(text), 3000))
with zipfile.ZipFile("zstd-frames.zip", "w", zipfile.ZIP_STORED) as file:
    file.writestr("samples/many.json", frames)
    directory = file.start_dir
raw = bytearray(open("zstd-frames.zip", "rb").read())
for at, method, crc, size in [(0, 8, 14, 22), (directory, 10, 16, 24)]:
    struct.pack_into("<H", raw, at + method, 93)
    struct.pack_into("<I", raw, at + crc, zlib.crc32(text))
    struct.pack_into("<I", raw, at + size, len(text))
open("zstd-frames.zip", "wb").write(raw)

# zstd streams of the same lines: one frame, several, with checksums and without, with a frame to skip, from a pipe.
text = b"\n".join(record(n) for n in range(200)) + b"\n"
open("/tmp/lines.jsonl", "wb").write(text)
subprocess.run(["zstd", "-q", "-f", "-19", "/tmp/lines.jsonl", "-o", "cli.jsonl.zst"], check=True)
subprocess.run("zstd -q --no-check -c < /tmp/lines.jsonl > cli-piped.jsonl.zst", shell=True, check=True)
subprocess.run(["pzstd", "-q", "-f", "-p", "4", "/tmp/lines.jsonl", "-o", "pzstd.jsonl.zst"], check=True)
parts = [text[at : at + 7000] for at in range(0, len(text), 7000)]
writer = zstandard.ZstdCompressor(write_checksum=True, write_content_size=False)
skipped = struct.pack("<II", 0x184D2A53, 5) + b"hello"
open("frames.jsonl.zst", "wb").write(skipped.join(writer.compress(part) for part in parts) + skipped)
