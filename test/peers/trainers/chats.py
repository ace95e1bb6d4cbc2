"""Chat templates of the trainers' models, as TRL ships them, and a tokenizer made on the spot."""

import importlib.util
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from transformers.utils.chat_template_utils import render_jinja_template

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}


def templates():
    folder = Path(importlib.util.find_spec("trl").origin).parent / "chat_templates"
    return {path.stem: path.read_text() for path in sorted(folder.glob("*.jinja"))}


def render(template, messages, tools=None, **more):
    texts, _ = render_jinja_template([messages], tools=tools or None, chat_template=template, **TOKENS, **more)
    return texts[0]


def tokenizer(template):
    """A byte is a token, so token prefixes are those of the text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={token: at for at, token in enumerate(alphabet)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=core, **TOKENS)
    made.chat_template = template
    return made
