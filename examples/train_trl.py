"""Trains a small model on a run's TRL dataset: python train_trl.py out/runs/first/datasets/trl

Needs a GPU for anything but a try: pip install trl (0.12 or later)
"""

import sys
from pathlib import Path

from datasets import load_dataset
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer

MODEL = "Qwen/Qwen2.5-0.5B-Instruct"

folder = Path(sys.argv[1])
dataset = load_dataset(
    "json",
    data_files={"train": str(folder / "train.jsonl"), "validation": str(folder / "validation.jsonl")},
)
trainer = DPOTrainer(
    model=MODEL,
    args=DPOConfig(output_dir="dpo-model", num_train_epochs=1, eval_strategy="epoch", beta=0.1),
    train_dataset=dataset["train"],
    eval_dataset=dataset["validation"],
    processing_class=AutoTokenizer.from_pretrained(MODEL),
)
trainer.train()
trainer.save_model("dpo-model")
