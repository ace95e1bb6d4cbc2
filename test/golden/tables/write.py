"""Writes the tables of this folder: the same records as JSON lines, as Parquet and, where pandas can, as CSV. Run it in an
empty environment with pyarrow 26 and pandas 3.1: `python write.py`."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SOURCES = Path("../sources")
ANSWERS = ["six", "seven", "there are ñine", "none 🎲", "I do not know"]
TOOL = {"type": "function", "function": {"name": "stock", "description": "Pieces of an item."}}


def score(number):
    return number * 5 % 11 / 4


def question(item):
    return f"How many pieces of item {item} are in the storeroom?"


def rollout(number):
    call = {"id": f"c{number}", "type": "function", "function": {"name": "stock", "arguments": f'{{"item": {number % 2}}}'}}
    return {
        "task_id": number % 7,
        "prompt": [{"role": "user", "content": question(number % 7)}],
        "completion": [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": str(number % 2), "tool_call_id": f"c{number}"},
            {"role": "assistant", "content": ANSWERS[number * 7 % 5]},
        ],
        "reward": score(number),
        "tools": [TOOL],
    }


def json_rollout(number):
    """Messages and tools as JSON text, as data frames often have them."""
    record = rollout(number)
    return {key: json.dumps(value) if isinstance(value, list) else value for key, value in record.items()}


def transcript(number):
    """Prompt and answer in one list, as JSON text."""
    record = rollout(number)
    messages = [*record["prompt"], *record["completion"]]
    return {"task_id": record["task_id"], "messages": json.dumps(messages), "reward": record["reward"]}


def json_pair(number):
    record = pair(number)
    sides = {side: json.dumps(record[side]) for side in ("chosen", "rejected")}
    return {**sides, "margin": record["score_chosen"] - record["score_rejected"]}


def pair(number):
    """As UltraFeedback's binarized form on the Hugging Face Hub."""
    asked = {"role": "user", "content": question(number)}
    chosen, rejected = ANSWERS[number % 5], ANSWERS[(number + 2) % 5]
    return {
        "prompt": asked["content"],
        "prompt_id": f"{number:032x}",
        "chosen": [asked, {"role": "assistant", "content": chosen}],
        "rejected": [asked, {"role": "assistant", "content": rejected}],
        "messages": [asked, {"role": "assistant", "content": chosen}],
        "score_chosen": 5 + number % 4,
        "score_rejected": 5 - number % 3,
    }


def lists(number):
    return {"prompt": question(number), "responses": ANSWERS, "rewards": [score(number + of) for of in range(5)]}


def comparison(number):
    return {
        "prompt": question(number),
        "response_a": ANSWERS[number % 5],
        "response_b": ANSWERS[(number + 1) % 5],
        "winner": ["a", "b", "tie"][number % 3],
    }


def sample(path):
    return [json.loads(line) for line in (SOURCES / path).read_text().splitlines()]


TABLES = {
    "rollouts": [rollout(number) for number in range(40)],
    "json-rollouts": [json_rollout(number) for number in range(40)],
    "json-transcripts": [transcript(number) for number in range(40)],
    "json-pairs": [json_pair(number) for number in range(24)],
    "pairs": [pair(number) for number in range(24)],
    "scored-lists": [lists(number) for number in range(12)],
    "comparisons": [comparison(number) for number in range(24)],
    "verifiers": sample("verifiers/v0-complete/results.jsonl"),
    "openrlhf": sample("scored_lists/openrlhf/rm.jsonl"),
    "verl": sample("verl/v1/3.jsonl"),
}
FLAT = ["json-rollouts", "json-transcripts", "json-pairs", "comparisons", "openrlhf", "verl"]

for name, records in TABLES.items():
    text = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
    Path(f"{name}.jsonl").write_text(text, encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(records), f"{name}.parquet", compression="zstd", row_group_size=10)
for name in FLAT:
    pd.DataFrame(TABLES[name]).to_csv(f"{name}.csv", index=name == "comparisons")
