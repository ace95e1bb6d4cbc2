"""Writes rollouts with the types of NeMo Gym: `write_nemo_gym.py SEED FOLDER`.

Inputs as text and as items, instructions, tools, reasoning, calls that answer out of order, messages of the environment
within the answer, nested lists, failures and answers that were cut short.
"""

import json
import random
import sys
from pathlib import Path

from nemo_gym.openai_utils import NeMoGymResponse, NeMoGymResponseCreateParamsNonStreaming

ROLLOUTS = 90
TOOL = {"type": "function", "name": "stock", "description": "S", "strict": True, "parameters": {"type": "object"}}
IMAGE = {"type": "input_image", "image_url": "http://example.com/i.png", "detail": "auto"}
INPUTS = [
    "Plain text?",
    [{"role": "user", "content": "Q1"}],
    [
        {"role": "developer", "content": "D"},
        {"role": "user", "content": [{"type": "input_text", "text": "A"}, {"type": "input_text", "text": "B"}]},
    ],
    [{"role": "user", "content": [{"type": "input_text", "text": "A"}, IMAGE]}],
    [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": "y", "type": "message"},
        {"role": "user", "content": "z"},
    ],
    [
        {"role": "user", "content": "x"},
        {"type": "function_call", "call_id": "p1", "name": "stock", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "p1", "output": "9"},
        {"role": "user", "content": "now?"},
    ],
]


def write_run(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    folder.mkdir(parents=True)
    rows = [make_row(chance, number) for number in range(ROLLOUTS)]
    (folder / "rollouts.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def make_row(chance: random.Random, number: int) -> dict:
    task = chance.randrange(len(INPUTS))
    metadata = {"extra_body": json.dumps({"seed": number})}
    params = {"input": INPUTS[task], "tools": [TOOL] if task % 2 else [], "metadata": metadata}
    if task == 1:
        params["instructions"] = "Be brief."
    output = make_output(chance, number, task)
    incomplete = {"reason": "max_output_tokens"} if chance.random() < 0.1 else None
    response = NeMoGymResponse(
        id=f"resp{number}",
        created_at=0.0,
        model="m",
        object="response",
        output=output,
        parallel_tool_calls=True,
        tool_choice="auto",
        tools=[],
        incomplete_details=incomplete,
    )
    row = {
        "responses_create_params": params,
        "response": json.loads(response.model_dump_json()),
        "reward": chance.choice([0, 0.5, 1.0]),
        "agent_ref": {"name": chance.choice(["a", "a", "b"])},
        "_ng_task_index": task,
        "_ng_rollout_index": number,
    }
    if chance.random() < 0.08:
        return {**row, "_ng_failure_class": "api_error", "reward": 0.0}
    if chance.random() < 0.2:
        parsed = NeMoGymResponseCreateParamsNonStreaming.model_validate(params)
        row["responses_create_params"] = json.loads(parsed.model_dump_json())
    if task == 4 and chance.random() < 0.3:
        # Some environments write a list for each of their steps.
        row["response"]["output"] = [[item] for item in row["response"]["output"]]
    return row


def make_output(chance: random.Random, number: int, task: int) -> list[dict]:
    items: list[dict] = []

    def think() -> None:
        if chance.random() < 0.4:
            texts = chance.choice([["hm"], ["h", "m"], []])
            summary = [{"type": "summary_text", "text": text} for text in texts]
            items.append({"id": "r", "type": "reasoning", "summary": summary})

    def say(text: str) -> None:
        parts = [
            {"type": "output_text", "text": part, "annotations": []}
            for part in chance.choice([[text], [text[:2], text[2:]]])
        ]
        items.append({"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": parts})

    if task == 2 and chance.random() < 0.5:
        items.append({"role": "user", "type": "message", "content": "The environment speaks first."})
    for turn in range(chance.choice([0, 0, 1, 2])):
        think()
        if chance.random() < 0.4:
            say("I look.")
        calls = [f"c{number}{turn}{call}" for call in range(chance.choice([1, 1, 2]))]
        for call in calls:
            arguments = chance.choice(['{"a": 1}', '{"a":1}', "{bad"])
            items.append({"type": "function_call", "call_id": call, "name": "stock", "arguments": arguments})
        for call in reversed(calls):
            items.append({"type": "function_call_output", "call_id": call, "output": chance.choice(["3", "4"])})
        if chance.random() < 0.2:
            items.append({"role": "user", "type": "message", "content": "Go on."})
    think()
    if chance.random() < 0.8:
        say(chance.choice(["three", "four"]))
    return items


if __name__ == "__main__":
    write_run(int(sys.argv[1]), Path(sys.argv[2]))
