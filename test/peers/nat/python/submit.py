"""
NAT's own adapter hands a collection to NeMo Customizer: a line {"url", "trajectories", "settings"} in, the reference of the
job out.
"""

import asyncio
import json
import logging
import sys

from nat.data_models.finetuning import Trajectory
from nat.data_models.finetuning import TrajectoryCollection
from nat.plugins.customizer.dpo.config import NeMoCustomizerTrainerAdapterConfig
from nat.plugins.customizer.dpo.trainer_adapter import NeMoCustomizerTrainerAdapter

logging.disable(logging.CRITICAL)


async def submit(case):
    adapter = NeMoCustomizerTrainerAdapter(
        NeMoCustomizerTrainerAdapterConfig(entity_host=case["url"], datastore_host=case["url"], **case["settings"]))
    await adapter._ensure_namespaces_exist()
    groups = [[Trajectory(**each) for each in group] for group in case["trajectories"]]
    reference = await adapter.submit(TrajectoryCollection(trajectories=groups, run_id="run-1"))
    return reference.model_dump()


for line in sys.stdin:
    print(json.dumps(asyncio.run(submit(json.loads(line)))), flush=True)
