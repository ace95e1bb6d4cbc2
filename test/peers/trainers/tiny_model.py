"""Makes a model of a few thousand weights, with the chat template of Qwen 2.5: python tiny_model.py FOLDER"""

import json
import sys
from pathlib import Path

from transformers import Qwen2Config, Qwen2ForCausalLM

from chats import templates, tokenizer

words = tokenizer(templates()["qwen2_5"])
model = Qwen2ForCausalLM(
    Qwen2Config(
        # Room for the tokens that a trainer's own template adds.
        vocab_size=len(words) + 16,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
    )
)
model.save_pretrained(sys.argv[1])
words.save_pretrained(sys.argv[1])
# Trainers on transformers 4 do not know the name that transformers 5 writes.
config = Path(sys.argv[1], "tokenizer_config.json")
config.write_text(json.dumps(json.loads(config.read_text()) | {"tokenizer_class": "PreTrainedTokenizerFast"}))
