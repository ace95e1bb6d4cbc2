"""
NAT's own reading of a configuration: a line {"path", "environment"} in, and out what its models make of the file, or
{"refused"}.
"""

import json
import logging
import os
import sys

from pydantic import TypeAdapter

from nat.plugins.customizer.dpo.config import DPOTrajectoryBuilderConfig
from nat.plugins.customizer.dpo.config import NeMoCustomizerTrainerAdapterConfig
from nat.plugins.customizer.dpo.config import NeMoCustomizerTrainerConfig
from nat.utils.io.yaml_tools import yaml_load

logging.disable(logging.CRITICAL)
BLOCKS = {
    "builder": ("trajectory_builders", "dpo_traj_builder", DPOTrajectoryBuilderConfig),
    "trainer": ("trainers", "nemo_customizer_trainer", NeMoCustomizerTrainerConfig),
    "adapter": ("trainer_adapters", "nemo_customizer_trainer_adapter", NeMoCustomizerTrainerAdapterConfig),
}


def read(path):
    config = yaml_load(path)
    answer = {}
    for name, (block, kind, model) in BLOCKS.items():
        for entry in (config.get(block) or {}).values():
            read_as = model.model_validate(entry)
            if entry.get("type", entry.get("_type")) == kind:
                answer[name] = read_as.model_dump(exclude={"type", "reward"})
    enabled = (config.get("finetuning") or {}).get("enabled", False)
    answer["enabled"] = TypeAdapter(bool).validate_python(enabled)
    return answer


for line in sys.stdin:
    case = json.loads(line)
    os.environ.update(case["environment"])
    try:
        print(json.dumps(read(case["path"])), flush=True)
    except Exception as error:  # noqa: BLE001 - every refusal counts
        print(json.dumps({"refused": f"{type(error).__name__}: {error}"[:200]}), flush=True)
