"""
NAT's own trajectory builder and its trainer's dataset files, for cases read from standard input.

A case is a line of JSON: {"text", "builder", "use_full_message_history", "deduplicate_pairs"}, where `text` is a
workflow_output.json. The answer is a line: {"metrics", "trajectories", "training", "validation"}.

Only what docs/architecture.md lists under "Where nat and NAT differ" is put in NAT's way: values that are no text become
JSON instead of Python's repr, a NaN or infinity outside a score is null, a candidate whose score is not finite is left
out, and numbers past the largest double become it.
"""

import asyncio
import builtins
import json
import logging
import math
import re
import sys
from types import SimpleNamespace

from nat.data_models.intermediate_step import IntermediateStep
from nat.plugins.customizer.dpo import trajectory_builder as module
from nat.plugins.customizer.dpo.config import DPOTrajectoryBuilderConfig
from nat.plugins.customizer.dpo.config import NeMoCustomizerTrainerAdapterConfig
from nat.plugins.customizer.dpo.trainer import NeMoCustomizerTrainer
from nat.plugins.customizer.dpo.trainer_adapter import NeMoCustomizerTrainerAdapter

logging.disable(logging.CRITICAL)
LARGEST = sys.float_info.max


class _Text(type(str)):

    def __instancecheck__(cls, value):
        return isinstance(value, builtins.str)


class Text(builtins.str, metaclass=_Text):
    """`str` as the builder calls it, but JSON for what JSON has a form of."""

    def __new__(cls, value=""):
        if isinstance(value, (bool, list, dict)):
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):x}", text)
        return builtins.str(value)


module.str = Text


class Builder(module.DPOTrajectoryBuilder):

    def __init__(self, config, items):
        super().__init__(trajectory_builder_config=config)
        self.items = items

    async def run_eval(self):
        return SimpleNamespace(eval_input=SimpleNamespace(eval_input_items=self.items))

    def _parse_candidate(self, example_id, step):
        candidate = super()._parse_candidate(example_id, step)
        if candidate is None or not math.isfinite(candidate.score):
            return None
        candidate.candidate_index = clamp(candidate.candidate_index)
        return candidate


def clamp(number):
    return max(-LARGEST, min(number, LARGEST)) if abs(number) > LARGEST else number


class NotFinite:
    """A bare NaN, Infinity or -Infinity."""


def read(text):
    """JSON as Python reads it, but for numbers that are none."""
    items = json.loads(text, parse_constant=lambda _: NotFinite)
    return [plain(item) for item in items]


def plain(value, key=None):
    if value is NotFinite:
        return math.nan if key == "data.score" else None
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each, f"{key}.{name}" if key == "data" else name) for name, each in value.items()}
    return value


def item_of(entry):
    steps = [IntermediateStep.model_validate(step) for step in entry["intermediate_steps"]]
    return SimpleNamespace(id=entry["id"], trajectory=steps)


async def build(case):
    builder = Builder(DPOTrajectoryBuilderConfig(**case["builder"]), [item_of(entry) for entry in read(case["text"])])
    await builder.start_run("run")
    collection = await builder.finalize("run")
    metrics = dict(builder._metrics)
    trajectories = [[each.model_dump() for each in group] for group in collection.trajectories]
    for trajectory in (each for group in trajectories for each in group):
        trajectory["reward"] = clamp(trajectory["reward"])
        trajectory["metadata"]["score_diff"] = clamp(trajectory["metadata"]["score_diff"])
    answer = {"metrics": metrics, "trajectories": trajectories, "training": None, "validation": None}
    if not collection.trajectories:
        return answer
    adapter = NeMoCustomizerTrainerAdapter(
        NeMoCustomizerTrainerAdapterConfig(
            entity_host="http://127.0.0.1",
            datastore_host="http://127.0.0.1",
            namespace="n",
            customization_config="c",
            use_full_message_history=case["use_full_message_history"],
        ))
    if case["deduplicate_pairs"]:
        collection = NeMoCustomizerTrainer._deduplicate_trajectories(SimpleNamespace(), collection)
    training, validation = adapter._trajectory_to_dpo_jsonl(collection)
    answer["training"] = [json.loads(line) for line in training.split("\n")]
    answer["validation"] = [json.loads(line) for line in validation.split("\n")]
    return answer


for line in sys.stdin:
    print(json.dumps(asyncio.run(build(json.loads(line)))), flush=True)
