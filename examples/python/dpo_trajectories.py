"""Preference data of Python's own rollouts, by the command `dpo`.

    import dpo_trajectories

    data = dpo_trajectories.build_pairs(rollouts, out="out", settings={"dataset.validation_fraction": 0.1})
    data.to_datasets()["train"]     # a datasets.Dataset
    data.to_polars()                # a polars.DataFrame
    for row in data.rows(): ...     # plain dicts: prompt, chosen, rejected

Needs Python 3.9 and, in the folder where it runs, `npm install dpo-trajectories` (Node.js 24). `datasets` and `polars` are
needed by the methods that are named after them, and by nothing else.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, Sequence

# The command of the package that is installed here, and never one that npm would fetch.
COMMAND = ("npx", "--no-install", "dpo")


class DpoError(RuntimeError):
    """`dpo` did not commit the run. Its message is what the command said; `code` is its exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"dpo run ended with exit code {code}: {message}")
        self.code = code


@dataclass(frozen=True)
class PreferenceData:
    """A committed run."""

    # What was read, paired and written, with the checksums of all files.
    manifest: Mapping[str, Any]
    # The folder or drive that the manifest's keys are relative to.
    out: Path
    format: str

    def files(self, split: str = "training") -> list[Path]:
        """The files of a split, "training" or "validation"; with a curriculum easy to hard. A split may have none."""
        named = self.manifest["datasets"].get(self.format, {})
        return [self.out / file["key"] for name, file in named.items() if name == split or name.startswith(f"{split}_")]

    def rows(self, split: str = "training") -> Iterator[dict[str, Any]]:
        """The rows of a split, as they are read."""
        for path in self.files(split):
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    yield json.loads(line)

    def to_datasets(self) -> Any:
        """A `datasets.DatasetDict` with the splits "train" and, where there is one, "validation"."""
        from datasets import load_dataset

        splits = {"train": self.files("training"), "validation": self.files("validation")}
        names = {name: [str(path) for path in paths] for name, paths in splits.items() if paths}
        if not names:
            raise ValueError("The run committed no rows, so there is nothing to load.")
        card = Path(next(iter(names.values()))[0]).parent / "README.md"
        # The card says what the columns are, also those that the first rows leave empty.
        return load_dataset(str(card.parent)) if card.exists() else load_dataset("json", data_files=names)

    def to_polars(self, split: str = "training") -> Any:
        """A `polars.DataFrame` of a split."""
        import polars

        frames = [polars.read_ndjson(path, infer_schema_length=None) for path in self.files(split)]
        return polars.concat(frames) if frames else polars.DataFrame()


def build_pairs(
    records: Iterable[Mapping[str, Any]],
    out: str | Path,
    *,
    format: str = "trl",
    settings: Mapping[str, Any] | None = None,
    command: Sequence[str] = COMMAND,
) -> PreferenceData:
    """Sends the records to `dpo run -`, one at a time, and waits for the run.

    A record is a scored answer in any form that `dpo` reads, say {"prompt": …, "response": …, "reward": …}. `settings` are
    those of `--set`, such as {"source.format.group": "/task_id", "builder.min_score_diff": 0.1}.

    Raises DpoError where the run is not committed, and what `records` raises: then nothing is committed either.
    """
    chosen = {"dataset.formats": [format], **(settings or {})}
    flags = [flag for name, value in chosen.items() for flag in ("--set", f"{name}={_setting(value)}")]
    arguments = [*command, "run", "-", "--out", str(out), "--json", "--quiet", *flags]
    # A pipe that nobody empties would stop the command.
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said)
        try:
            _send(records, process)
            printed, _ = process.communicate()
        except BaseException:
            # Its input is not whole: it must not take the end of the pipe for the end of the records.
            process.kill()
            process.communicate()
            raise
        if process.returncode != 0:
            said.seek(0)
            raise DpoError(process.returncode, said.read().decode("utf-8", "replace").strip())
    return PreferenceData(json.loads(printed), Path(out), format)


def _send(records: Iterable[Mapping[str, Any]], process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    for record in records:
        line = json.dumps(record).encode() + b"\n"
        try:
            process.stdin.write(line)
        except BrokenPipeError:
            # The command has ended: its exit code says why.
            return


def _setting(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
