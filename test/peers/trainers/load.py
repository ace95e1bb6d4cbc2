"""Loads a format's folders as its trainer does: python load.py FORMAT JOBS.json CACHE

A job is {run, folder, text, expected}: what the rows have to be, as {prompt, chosen, rejected: messages; tools}, in their
order. Prints what is wrong, by run.
"""

import json
import os
import sys
import traceback

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["AXOLOTL_DO_NOT_TRACK"] = os.environ["DO_NOT_TRACK"] = "1"
os.environ["DISABLE_VERSION_CHECK"] = "1"

import datasets

datasets.disable_progress_bars()
datasets.logging.set_verbosity_error()

FORMAT, JOBS, CACHE = sys.argv[1:4]


def expect(found, expected, what):
    if found != expected:
        wrong.append(f"{what}: {json.dumps(found)[:300]} is not {json.dumps(expected)[:300]}")


def files(suffix):
    return sorted(name for name in os.listdir(FOLDER) if name.startswith("training") and name.endswith(suffix))


def rows():
    return list(table())


def table():
    """As trainers without a card do: what `datasets` makes of the file's type."""
    parquet = files(".parquet")
    names = parquet or files(".jsonl")
    paths = [os.path.join(FOLDER, name) for name in names]
    loaded = datasets.load_dataset("parquet" if parquet else "json", data_files=paths, split="train", cache_dir=CACHE)
    expect(len(loaded), len(wanted), "rows")
    return loaded


def lines():
    found = []
    # NeMo Customizer has a folder for each split.
    folder = os.path.join(FOLDER, "training")
    for name in files(".jsonl") or [os.path.join(folder, name) for name in sorted(os.listdir(folder))]:
        with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
            found += [json.loads(line) for line in file]
    expect(len(found), len(wanted), "lines")
    return found


def bare(value):
    """Without the nulls that a column's type adds to rows that have no such field."""
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items() if inner is not None}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def text_of(message):
    return message["content"]


def tools_of(found):
    return json.loads(found) if isinstance(found, str) else found


def trl():
    dataset = datasets.load_dataset(FOLDER, cache_dir=CACHE)["train"]
    expect(len(dataset), len(wanted), "rows")
    for at, (row, want) in enumerate(zip(dataset, wanted)):
        for name in ("prompt", "chosen", "rejected"):
            expected = text_of(want[name][0]) if TEXT else want[name]
            expect(row[name], expected, f"row {at} {name}")
        if any(one["tools"] for one in wanted):
            expect(tools_of(row["tools"]), want["tools"], f"row {at} tools")
    if not TEXT:
        render_all(dataset)


def render_all(dataset):
    """A template that renders any of this run's lines renders all, and a prompt is the beginning of prompt and answer."""
    from trl.data_utils import is_conversational

    from chats import render, templates, tokenizer

    ids = tokenizer("")
    # Of many alike the first say enough, and what comes late has other columns.
    some = list(dataset.select(range(min(len(dataset), 20)))) + list(dataset)[20:][-50:]
    for name, template in templates().items():
        outcomes, prefixed = {}, []
        for row in some:
            tools = tools_of(row.get("tools"))
            if not is_conversational(row):
                wrong.append("TRL takes the row for plain text")
            for side in ("chosen", "rejected"):
                kind = kind_of(row["prompt"] + row[side])
                try:
                    whole = render(template, row["prompt"] + row[side], tools)
                    outcomes.setdefault(kind, []).append("rendered")
                except Exception as error:
                    outcomes.setdefault(kind, []).append(f"{type(error).__name__}: {str(error)[:100]}")
                    continue
                asked = render(template, row["prompt"], tools, add_generation_prompt=True)
                prefixed.append(ids(whole)["input_ids"][: len(ids(asked)["input_ids"])] == ids(asked)["input_ids"])
        for kind, outcome in outcomes.items():
            if len(set(outcome)) > 1:
                wrong.append(f"{name}, {kind}: {sorted(set(outcome))}")
            if "rendered" not in outcome and name not in UNABLE and kind == ("plain",):
                wrong.append(f"{name}, {kind}: {outcome[0]}")
        if not all(prefixed) and not any(family in name for family in THINKING):
            wrong.append(f"{name}: the prompt is the beginning of {sum(prefixed)} of {len(prefixed)}")


def kind_of(messages):
    """A template can render all messages of a kind, or none."""
    kinds = [message["role"] for message in messages if message["role"] in ("tool", "system")]
    kinds += ["call" for message in messages if "tool_calls" in message]
    return tuple(sorted(set(kinds))) or ("plain",)


# They know content of parts only.
UNABLE = ("llava_next", "llava_next_training")
# Their generation prompt opens a thought, which the answer of a model that thought nothing does not have.
THINKING = ("deepseek", "nemotron", "qwen3_5_think", "qwen3_6", "qwen3_8", "gptoss", "muse", "cohere2")


def in_order(value):
    return json.dumps(value, sort_keys=True)


def trl_kto():
    dataset = datasets.load_dataset(FOLDER, cache_dir=CACHE)["train"]
    found = {(in_order(row["prompt"]), in_order(row["completion"]), row["label"]) for row in dataset}
    for want in wanted:
        for name, label in (("chosen", True), ("rejected", False)):
            prompt, answer = want["prompt"], want[name]
            if TEXT:
                prompt, answer = text_of(prompt[0]), text_of(answer[0])
            if (in_order(prompt), in_order(answer), label) not in found:
                wrong.append(f"no row has {json.dumps(answer)[:200]} as {label}")


def nemo_rl():
    for at, (row, want) in enumerate(zip(rows(), wanted)):
        expect(bare(row["context"]), bare(want["prompt"]), f"row {at} context")
        ranked = sorted(row["completions"], key=lambda completion: completion["rank"])
        expect([bare(one["completion"]) for one in ranked], bare([want["chosen"], want["rejected"]]), f"row {at}")


def nemo_platform():
    for at, (row, want) in enumerate(zip(rows(), wanted)):
        prompt = row["prompt"] if isinstance(row["prompt"], list) else [{"role": "user", "content": row["prompt"]}]
        expect(prompt, want["prompt"], f"row {at} prompt")
        for name in ("chosen", "rejected"):
            expect(row[name], text_of(want[name][0]), f"row {at} {name}")


def openai():
    from openai.types.chat import ChatCompletionAssistantMessageParam, ChatCompletionMessageParam, ChatCompletionToolParam
    from pydantic import ConfigDict, TypeAdapter

    message = TypeAdapter(ChatCompletionMessageParam)
    answer = TypeAdapter(ChatCompletionAssistantMessageParam)
    tool = TypeAdapter(ChatCompletionToolParam)
    for at, (line, want) in enumerate(zip(lines(), wanted)):
        for found in line["input"]["messages"]:
            message.validate_python(found)
        for found in line["preferred_output"] + line["non_preferred_output"]:
            answer.validate_python(found)
        for found in line["input"]["tools"]:
            tool.validate_python(found)
        expect(line["input"]["tools"], want["tools"], f"line {at} tools")
        texts = [found.get("content", "") for found in line["input"]["messages"]]
        expect(texts, [text_of(found) for found in want["prompt"]], f"line {at}")


def together():
    from pathlib import Path

    from together.lib.utils.files import check_file

    lines()
    for name in files(".jsonl"):
        report = check_file(Path(FOLDER) / name)
        if not report["is_check_passed"]:
            wrong.append(str(report.get("message")))


def fireworks():
    together()
    for line in lines():
        for message in line["input"]["messages"] + line["preferred_output"] + line["non_preferred_output"]:
            if message["role"] not in ("system", "user", "assistant") or not isinstance(message["content"], str):
                wrong.append(f"a message of {message['role']}")


def of_schema(name):
    import importlib.util
    from pathlib import Path

    import jsonschema

    schemas = Path(importlib.util.find_spec("sagemaker.ai_registry").origin).parent / "schemas"
    schema = json.loads((schemas / f"{name}.json").read_text())
    for line in lines():
        jsonschema.validate(line, schema)


def amazon_nova():
    of_schema("dpo")
    reserved = ["system:", "user:", "bot:", "assistant:", "thought:", "[eos]", "<image>", "<video>", "<unk>"]
    for line in lines():
        texts = [part["text"] for part in line.get("system", [])]
        for message in line["messages"]:
            for one in message.get("candidates", [message]):
                texts += [part["text"] for part in one["content"]]
        wrong.extend(f"{word} in a text" for text in texts for word in reserved if word in text.lower())


def sagemaker():
    from sagemaker.ai_registry.dataset_format_detector import DatasetFormatDetector

    of_schema("hf_preference")
    for name in files(".jsonl"):
        expect(DatasetFormatDetector.validate_dataset(os.path.join(FOLDER, name)), True, name)
    for at, (line, want) in enumerate(zip(lines(), wanted)):
        expect([line[name] for name in ("prompt", "chosen", "rejected")], [want[name] for name in ("prompt", "chosen", "rejected")], f"line {at}")


def axolotl():
    from stubs import stand_in

    stand_in("torch", "accelerate", "peft", "addict")
    from axolotl.prompt_strategies.dpo.chat_template import default

    from chats import templates, tokenizer

    class Settings(dict):
        __getattr__ = dict.get

    found = rows()
    shipped = templates()
    for name in ("qwen2_5", "llama3_1", "gemma3", "phi3", "qwen3_instruct_2507"):
        settings = Settings(datasets=[Settings(type="chat_template.default")], chat_template="tokenizer_default")
        transform, _ = default(settings, dataset_idx=0)
        ids = tokenizer(shipped[name])
        for at, row in enumerate(found):
            try:
                made = transform(dict(row), tokenizer=ids)
            except Exception as error:
                if "must alternate" in str(error) or "not supported" in str(error):
                    continue
                raise
            for side in ("chosen", "rejected"):
                whole = ids.apply_chat_template(row["messages"] + [row[side]], tokenize=False)
                if (made["prompt"] + made[side]).rstrip() != whole.rstrip():
                    wrong.append(f"{name} row {at} {side}: {made[side][:80]!r}")
    for at, (row, want) in enumerate(zip(found, wanted)):
        expect([row["messages"], row["chosen"], row["rejected"]], [want["prompt"], *want["chosen"], *want["rejected"]], f"row {at}")


def llama_factory():
    from stubs import stand_in

    stand_in("torch", "torchaudio", "torchvision", "accelerate", "peft", "trl", "omegaconf", "modelscope", "av", "librosa")
    from types import SimpleNamespace

    from llamafactory.data.converter import SharegptDatasetConverter
    from llamafactory.data.parser import DatasetAttr
    from llamafactory.data.template import TEMPLATES

    info = json.load(open(os.path.join(FOLDER, "dataset_info.json")))
    entries = {name: entry for name, entry in info.items() if name.startswith("dpo_training")}
    expect(sorted(entry["file_name"] for entry in entries.values()), files(".jsonl") or files(".parquet"), "dataset_info.json")
    attr = DatasetAttr("file", dataset_name="training")
    attr.join(next(iter(entries.values())))
    convert = SharegptDatasetConverter(attr, SimpleNamespace(media_dir=""))
    template = TEMPLATES["qwen"]
    roles = {"user": "user", "assistant": "assistant", "tool": "observation", "system": "system"}
    for at, (row, want) in enumerate(zip(rows(), wanted)):
        made = convert(row)
        prompt = [message for message in want["prompt"] if message["role"] != "system"]
        expect(len(made["_prompt"]), len(prompt), f"row {at} turns")
        expect(made["_system"], "".join(text_of(message) for message in want["prompt"] if message["role"] == "system"), f"row {at} system")
        answers = want["chosen"] + want["rejected"]
        for found, message in zip(made["_prompt"] + made["_response"], prompt + answers):
            if "tool_calls" in message:
                expect(found["role"], "function", f"row {at}")
                text = "".join(template.format_function.apply(content=found["content"]))
                for call in message["tool_calls"]:
                    if json.dumps(call["function"]["arguments"], ensure_ascii=False) not in text:
                        wrong.append(f"row {at}: {text[:200]}")
            else:
                expect(found, {"role": roles[message["role"]], "content": message["content"]}, f"row {at}")
        if want["tools"]:
            text = "".join(template.format_tools.apply(content=made["_tools"]))
            for tool in want["tools"]:
                if tool["function"]["name"] not in text:
                    wrong.append(f"row {at}: no {tool['function']['name']} among the tools")


def ms_swift():
    from stubs import stand_in

    stand_in("torch", "torchvision", "transformers", "modelscope", "peft", "accelerate", "aiohttp")
    import modelscope.hub.utils.utils

    modelscope.hub.utils.utils.get_cache_dir = lambda *_: CACHE
    from swift.dataset.preprocessor.core import AutoPreprocessor
    from swift.template.template_inputs import TemplateInputs, normalize_openai_tool_calls

    made = AutoPreprocessor()(table(), num_proc=1, load_from_cache_file=False, strict=True)
    expect(len(made), len(wanted), "rows")
    for at, (row, want) in enumerate(zip(made, wanted)):
        inputs = TemplateInputs.from_dict({key: value for key, value in row.items() if value is not None})
        for side, found in (("chosen", inputs.chosen), ("rejected", inputs.rejected)):
            messages = normalize_openai_tool_calls(want["prompt"] + want[side])
            expected = [text_of(message) for message in messages if message["role"] != "system"]
            texts = [message["content"] for message in found.messages]
            texts = [json.loads(text) if isinstance(text, str) and text.startswith("{") else text for text in texts]
            expected = [json.loads(text) if isinstance(text, str) and text.startswith("{") else text for text in expected]
            expect(texts, expected, f"row {at} {side}")


def nemo_customizer():
    for at, (line, want) in enumerate(zip(lines(), wanted)):
        expect(line["prompt"], text_of(want["prompt"][-1]), f"line {at} prompt")
        expect(line["chosen_response"], text_of(want["chosen"][0]), f"line {at} chosen")
        expect(line["rejected_response"], text_of(want["rejected"][0]), f"line {at} rejected")


report = {}
with open(JOBS, encoding="utf-8") as jobs:
    for job in json.load(jobs):
        FOLDER, TEXT, wanted, wrong = job["folder"], job["text"], job["expected"], []
        try:
            globals()[FORMAT]()
        except Exception as error:
            traceback.print_exc()
            cause = f" <- {error.__cause__}" if error.__cause__ else ""
            wrong.append(f"{type(error).__name__}: {str(error)[:500]}{cause[:500]}")
        report[job["run"]] = wrong[:10]
print(json.dumps(report))
