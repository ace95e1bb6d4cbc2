"""Counts the pairs of a run as verifiers 0.1 loads it again: `count_verifiers_v0.py FOLDER`."""

import json
import math
import sys
from pathlib import Path

from pairing import Candidate, function_tool, message, print_expected, split
from verifiers.types import Message, RolloutOutput
from verifiers.utils.message_utils import normalize_messages
from verifiers.utils.save_utils import load_outputs


def read_rollout(line: int, output: RolloutOutput) -> Candidate:
    given, made = (read_messages(output[part]) for part in ("prompt", "completion"))
    # The environment may speak before the model does.
    first = next((at for at, one in enumerate(made) if one["role"] == "assistant"), len(made))
    prompt, trajectory = split(given + made, len(given) + first)
    reward = output["reward"]
    return Candidate(
        id=f"L{line}",
        group=str(output["example_id"]),
        prompt=prompt,
        trajectory=trajectory,
        scores={"reward": reward if math.isfinite(reward) else None},
        reason="error" if output["error"] else None,
        flags=["truncated"] if output["is_truncated"] else [],
        tools=[function_tool(tool["name"], tool["description"], tool["parameters"]) for tool in output["tool_defs"] or []]
        or None,
    )


def read_messages(saved: list[dict]) -> list[dict]:
    """The library saves calls as JSON texts, and reads objects."""
    for one in saved:
        if one.get("tool_calls"):
            one["tool_calls"] = [json.loads(call) for call in one["tool_calls"]]
    return [read_message(one) for one in normalize_messages(saved)]


def read_message(one: Message) -> dict:
    content = one.content
    if content is not None and not isinstance(content, str):
        content = "".join(part.text for part in content)
    if one.role == "tool":
        return message("tool", content, answers=one.tool_call_id)
    if one.role != "assistant":
        return message(one.role, content)
    calls = [(call.id, call.name, call.arguments) for call in one.tool_calls or []]
    return message("assistant", content, reasoning=one.reasoning_content, calls=calls)


if __name__ == "__main__":
    outputs = load_outputs(Path(sys.argv[1]))
    print_expected([read_rollout(line + 1, output) for line, output in enumerate(outputs)], ["reward"])
