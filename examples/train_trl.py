"""Trains a model on a run's TRL dataset: python train_trl.py out/runs/first/datasets/trl

By DPO, or with --method reward as a reward model; --method kto takes the folder trl_kto.

Needs: pip install "trl>=1.0" "datasets>=4.7". A GPU for anything but a try; --max-steps 1 is a try on any machine.
"""

import argparse
import re
import sys
from pathlib import Path

import torch
from datasets import load_dataset
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, RewardConfig, RewardTrainer

METHODS = {
    "dpo": (DPOConfig, DPOTrainer, {"beta": 0.1}),
    "kto": (KTOConfig, KTOTrainer, {"beta": 0.1}),
    # With dataset.columns: [margin] its loss takes the margins.
    "reward": (RewardConfig, RewardTrainer, {}),
}

options = argparse.ArgumentParser(description="Trains a model on a run's TRL dataset.")
options.add_argument("folder", help="datasets/trl of a run, or datasets/trl_kto")
options.add_argument("--method", choices=METHODS, default="dpo")
options.add_argument("--model", default="Qwen/Qwen2.5-0.5B-Instruct", help="a name on the Hub, or a folder")
options.add_argument("--output", default="trained-model")
options.add_argument("--max-steps", type=int, default=-1, help="-1: one epoch")
options.add_argument("--max-length", type=int, default=4096, help="tokens of prompt and answer; TRL itself takes 1,024")
given = options.parse_args()

folder = Path(given.folder)
if not (folder / "README.md").exists():
    sys.exit(f"{folder} has no README.md, which tells how to read it: give the folder datasets/trl of a run.")
if not torch.cuda.is_available():
    print("There is no GPU here, so this runs on the CPU: a try with --max-steps 1 takes a minute, an epoch hours.")

# The folder's card says which files are which split, and what their columns are.
dataset = load_dataset(given.folder)
train, validation = dataset["train"], dataset.get("validation")
# With a curriculum (train-1-of-3, …) the rows run from easy to hard, and must not be shuffled.
curriculum = any(re.match(r"train-\d+-of-\d+(\.jsonl|-\d+-of-)", path.name) for path in folder.iterdir())
# KTO compares a row with its neighbours in a fixed order, and those of one prompt stand together.
if given.method == "kto" and not curriculum:
    train = train.shuffle(seed=0)
Config, Trainer, settings = METHODS[given.method]
trainer = Trainer(
    model=given.model,
    args=Config(
        output_dir=given.output,
        num_train_epochs=1,
        max_steps=given.max_steps,
        max_length=given.max_length,
        eval_strategy="epoch" if validation is not None else "no",
        train_sampling_strategy="sequential" if curriculum or given.method == "kto" else "random",
        bf16=torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
        use_cpu=not torch.cuda.is_available(),
        report_to="none",
        **settings,
    ),
    train_dataset=train,
    eval_dataset=validation,
    processing_class=AutoTokenizer.from_pretrained(given.model),
)
trainer.train()
trainer.save_model(given.output)
print(f"Trained {trainer.state.global_step} steps on {len(train)} rows; the model is in {given.output}.")
