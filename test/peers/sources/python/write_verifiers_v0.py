"""Writes rollouts as verifiers 0.1 saves them (the v0 interface): `write_verifiers_v0.py SEED FOLDER`.

Prompts and completions of messages with parts, calls and reasoning, failed rollouts, rewards of NaN. The last line is half
written, as a killed run leaves it.
"""

import json
import random
import sys
from pathlib import Path

from verifiers.types import (
    AssistantMessage,
    State,
    SystemMessage,
    TextContentPart,
    Tool,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from verifiers.utils.save_utils import save_outputs, state_to_output

ROLLOUTS = 80
PARAMETERS = {"type": "object", "properties": {"item": {"type": "string"}}}


class ModelError(Exception):
    pass


def write_run(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    tool = Tool(name="stock", description="Stock.", parameters=PARAMETERS, strict=chance.choice([None, True]))
    outputs = [state_to_output(make_state(chance, tool), []) for _ in range(ROLLOUTS)]
    save_outputs(outputs, folder)
    (folder / "metadata.json").write_text(json.dumps({"env_id": "store", "avg_reward": 0.5}))
    file = folder / "results.jsonl"
    text = file.read_text()
    last = text.rstrip("\n").rindex("\n") + 1
    file.write_text(text[: last + (len(text) - last) // 2])


def make_state(chance: random.Random, tool: Tool) -> State:
    example = chance.randrange(8)
    prompt = [SystemMessage(content="Be brief."), UserMessage(content=in_parts(chance, f"question {example}"))]
    if example == 3:
        prompt[1:1] = [UserMessage(content="1?"), AssistantMessage(content="one")]
    completion = make_completion(chance)
    if example == 4 and chance.random() < 0.5:
        completion.insert(0, UserMessage(content="A first word of the environment."))
    error = ModelError("x") if chance.random() < 0.1 else None
    if error and chance.random() < 0.5:
        completion = []
    state = State(input={"example_id": example, "prompt": prompt, "task": "t"})
    values = {
        "example_id": example,
        "prompt": prompt,
        "completion": completion,
        "reward": chance.choice([0, 0.25, 0.5, 1.0, float("nan") if chance.random() < 0.3 else 0.75]),
        "error": error,
        "is_completed": True,
        "is_truncated": chance.random() < 0.1,
        "metrics": {"right": 1.0, "turns": 2.0},
        "tool_defs": [tool] if example != 5 else None,
        "timing": {"total_ms": 1},
        "info": {"a": 1},
    }
    for key, value in values.items():
        state[key] = value
    return state


def make_completion(chance: random.Random) -> list:
    completion = []
    for _ in range(chance.choice([0, 0, 1, 2])):
        arguments = chance.choice(['{"item": "a"}', '{"item":"a"}'])
        call = ToolCall(id=f"c{chance.randrange(10**6)}", name="stock", arguments=arguments)
        thought = chance.choice([None, "hm"])
        said = AssistantMessage(content=chance.choice([None, "look"]), reasoning_content=thought, tool_calls=[call])
        completion += [said, ToolMessage(tool_call_id=call.id, content=chance.choice(["3", "4"]))]
    end = chance.random()
    if end < 0.75:
        thought = chance.choice([None, "thought"])
        text = in_parts(chance, chance.choice(["three", "four"]))
        completion.append(AssistantMessage(content=text, reasoning_content=thought))
    elif end < 0.85:
        completion.append(UserMessage(content="Go on."))
    return completion


def in_parts(chance: random.Random, text: str) -> str | list[TextContentPart]:
    return chance.choice([text, [TextContentPart(text=text[:3]), TextContentPart(text=text[3:])]])


if __name__ == "__main__":
    write_run(int(sys.argv[1]), Path(sys.argv[2]))
