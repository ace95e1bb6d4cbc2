"""Counts the pairs of a run as verifiers 0.4 reads it: `count_verifiers_v1.py FOLDER`."""

import json
import math
import sys
from pathlib import Path

from pairing import Candidate, function_tool, message, print_expected, split
from verifiers.v1.trace import WireTrace
from verifiers.v1.types import Message, Tool
from verifiers.v1.utils.trace_store import TRACES_FILE


def read_run(folder: Path) -> list[WireTrace]:
    lines = (folder / TRACES_FILE).read_text().splitlines()
    return [WireTrace.model_validate(as_written(trace)) for line in lines for trace in json.loads(line)["traces"]]


def as_written(trace: dict) -> dict:
    """The library writes NaN as null, which it does not read."""
    for reward in trace.get("rewards", {}).values():
        if reward and reward.get("score") is None:
            reward["score"] = math.nan
    return trace


def read_trace(trace: WireTrace) -> Candidate:
    branch = trace.branches[-1] if trace.branches else None
    nodes = branch.nodes if branch else []
    first = next((at for at, node in enumerate(nodes) if node.sampled), len(nodes))
    prompt, trajectory = split([read_message(node.message) for node in nodes], first)
    flags = ["truncated"] if trace.is_truncated else []
    if trace.num_branches > 1:
        flags.append(f"branches:{trace.num_branches}")
    return Candidate(
        id=trace.id,
        group=f"{trace.task.key}|{trace.agent.name}",
        prompt=prompt,
        trajectory=trajectory,
        scores=read_rewards(trace),
        reason=None if trace.ok else "error",
        flags=flags,
        tools=[read_tool(tool) for tool in (nodes[0].tools if nodes else None) or trace.tools] or None,
    )


def read_message(one: Message) -> dict:
    content = one.content
    if content is not None and not isinstance(content, str):
        is_text = all(part.type == "text" for part in content)
        content = "".join(part.text for part in content) if is_text else [part.model_dump() for part in content]
    if one.role == "tool":
        return message("tool", content, answers=one.tool_call_id)
    if one.role != "assistant":
        return message(one.role, content)
    calls = [(call.id, qualified(call.namespace, call.name), call.arguments) for call in one.tool_calls or []]
    return message("assistant", content, reasoning=one.reasoning_content, calls=calls)


def read_tool(tool: Tool) -> dict:
    return function_tool(qualified(tool.namespace, tool.name), tool.description, tool.parameters)


def qualified(namespace: str | None, name: str) -> str:
    return f"{namespace}.{name}" if namespace else name


def read_rewards(trace: WireTrace) -> dict[str, float | None]:
    """`reward` is the weighted sum, also where one of the rewards has that name."""
    scores = {name: finite(reward.score) for name, reward in trace.rewards.items() if reward}
    return scores | {"reward": finite(trace.reward) if trace.rewards else None}


def finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


if __name__ == "__main__":
    read = [read_trace(trace) for trace in read_run(Path(sys.argv[1]))]
    print_expected(read, sorted({name for one in read for name in one.scores}))
