"""Counts the pairs of a log of Inspect as Inspect reads it: `count_inspect.py LOG`."""

import json
import math
import sys

from inspect_ai.log import EvalSample, read_eval_log
from inspect_ai.model import ChatMessage
from inspect_ai.scorer import value_to_float
from pairing import Candidate, function_tool, message, print_expected, split

as_float = value_to_float()


def read_sample(task: str, sample: EvalSample) -> Candidate:
    first = next((at for at, one in enumerate(sample.messages) if is_made(one)), len(sample.messages))
    prompt, trajectory = split([read_message(one) for one in sample.messages], first)
    flags = []
    if sample.output.choices and sample.output.stop_reason in ("max_tokens", "model_length"):
        flags.append("truncated")
    if sample.limit:
        flags.append(f"limit:{sample.limit.type}")
    return Candidate(
        id=f"{sample.id}#{sample.epoch}",
        group=f"{task}|{sample.id}",
        prompt=prompt,
        trajectory=trajectory,
        scores=read_scores(sample),
        reason="error" if sample.error else "invalidated" if sample.invalidation else None,
        flags=flags,
        tools=read_tools(sample) or None,
    )


def is_made(one: ChatMessage) -> bool:
    return one.role == "assistant" and one.source == "generate"


def read_message(one: ChatMessage) -> dict:
    reasoning = None
    if not isinstance(one.content, str):
        reasoning = "".join(part.reasoning for part in one.content if part.type == "reasoning")
    content = read_content(one)
    calls = None
    answers = None
    if one.role == "assistant":
        calls = [(call.id, call.function, json.dumps(call.arguments)) for call in one.tool_calls or []]
    if one.role == "tool":
        answers = one.tool_call_id
        if one.error and not content:
            content = one.error.message
    return message(one.role, content, reasoning=reasoning, calls=calls, answers=answers)


def read_content(one: ChatMessage) -> object:
    if isinstance(one.content, str):
        return one.content
    parts = [part for part in one.content if part.type != "reasoning"]
    if all(part.type == "text" for part in parts):
        return "".join(part.text for part in parts)
    return [
        {"type": "text", "text": part.text}
        if part.type == "text"
        else {"type": "image_url", "image_url": {"url": part.image}}
        for part in parts
    ]


def read_scores(sample: EvalSample) -> dict[str, float | None]:
    scores = {}
    for name, score in (sample.scores or {}).items():
        if isinstance(score.value, dict):
            scores |= {f"{name}.{key}": read_value(value) for key, value in score.value.items()}
        else:
            scores[name] = read_value(score.value)
    return scores


def read_value(value: object) -> float | None:
    """As Inspect's own metrics take it; what they would count as 0 for want of anything better is no score."""
    if value is None or isinstance(value, list):
        return None
    if isinstance(value, str) and value not in ("C", "P", "I", "N"):
        if value.lower() in ("yes", "true", "no", "false"):
            return as_float(value)
        try:
            value = float(value)
        except ValueError:
            return None
    number = as_float(value)
    return number if math.isfinite(number) else None


def read_tools(sample: EvalSample) -> list[dict]:
    tools = {}
    for event in sample.events:
        for tool in (event.tools or []) if event.event == "model" else []:
            parameters = tool.parameters.model_dump(exclude_none=True)
            tools.setdefault(tool.name, function_tool(tool.name, tool.description, parameters))
    return list(tools.values())


if __name__ == "__main__":
    log = read_eval_log(sys.argv[1], resolve_attachments="full")
    read = [read_sample(log.eval.task, sample) for sample in log.samples]
    print_expected(read, sorted({name for one in read for name in one.scores}))
