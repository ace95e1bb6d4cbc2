"""Makes a tokenizer as models have them, and counts with it: python make_tokenizer.py TEMPLATE FOLDER JOBS.json

JOBS is a list of {prompt, whole: messages; tools}. Prints [tokens of the prompt, of the whole] for each.
"""

import json
import sys

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from chats import TOKENS, templates

template, folder, jobs = sys.argv[1:]
with open(jobs, encoding="utf-8") as file:
    wanted = json.load(file)
core = Tokenizer(models.BPE())
core.normalizer = normalizers.NFC()
core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
core.decoder = decoders.ByteLevel()
special = ["<|im_start|>", "<|im_end|>", *TOKENS.values()]
trainer = trainers.BpeTrainer(
    vocab_size=600, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
)
core.train_from_iterator([json.dumps(job, ensure_ascii=False) for job in wanted], trainer)
made = PreTrainedTokenizerFast(tokenizer_object=core, **TOKENS)
made.chat_template = templates()[template]
made.save_pretrained(folder)

words = AutoTokenizer.from_pretrained(folder)
counts = []
for job in wanted:
    given = {"tokenize": True, "return_dict": False, "tools": job["tools"] or None}
    counts.append(
        [
            len(words.apply_chat_template(job["prompt"], add_generation_prompt=True, **given)),
            len(words.apply_chat_template(job["whole"], **given)),
        ]
    )
print(json.dumps(counts))
