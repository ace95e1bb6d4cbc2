"""Counts the pairs of rollouts as NeMo Gym's own converter reads them: `count_nemo_gym.py FOLDER`."""

import json
import sys
from pathlib import Path

from nemo_gym.openai_utils import NeMoGymResponseCreateParamsNonStreaming
from nemo_gym.responses_converter import ResponsesConverter
from pairing import Candidate, function_tool, message, print_expected, split

converter = ResponsesConverter(return_token_id_information=False)


def read_row(row: dict) -> Candidate:
    params = row["responses_create_params"]
    given = chat_of(params["input"])
    if params.get("instructions"):
        given.insert(0, message("system", params["instructions"]))
    made = chat_of(flat(row["response"]["output"]))
    first = next((at for at, one in enumerate(made) if one["role"] == "assistant"), len(made))
    prompt, trajectory = split(given + made, len(given) + first)
    return Candidate(
        id=f"{row['_ng_task_index']}:{row['_ng_rollout_index']}",
        group=f"{row['agent_ref']['name']}|{row['_ng_task_index']}",
        prompt=prompt,
        trajectory=trajectory,
        scores={"reward": row["reward"]},
        reason="failure" if "_ng_failure_class" in row else None,
        flags=["truncated"] if row["response"].get("incomplete_details") else [],
        tools=[function_tool(tool["name"], tool["description"], tool["parameters"]) for tool in params["tools"]] or None,
    )


def flat(items: list) -> list:
    return [inner for item in items for inner in (item if isinstance(item, list) else [item])]


def chat_of(items: str | list) -> list[dict]:
    params = NeMoGymResponseCreateParamsNonStreaming.model_validate({"input": items})
    converted = converter.responses_to_chat_completion_create_params(params)
    return [read_message(dict(one)) for one in converted.messages]


def read_message(one: dict) -> dict:
    content = one.get("content")
    if isinstance(content, list):
        is_text = all(part["type"] == "text" for part in content)
        content = "".join(part["text"] for part in content) if is_text else [read_part(part) for part in content]
    if one["role"] == "tool":
        return message("tool", content, answers=one["tool_call_id"])
    if one["role"] != "assistant":
        return message(one["role"], content)
    # The converter writes reasoning as text between tags.
    thoughts, text = converter._parse_think_tags(content or "")
    calls = [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in one.get("tool_calls") or []]
    return message("assistant", text, reasoning="".join(thoughts), calls=calls)


def read_part(part: dict) -> dict:
    return part if part["type"] == "text" else {"type": "image_url", "image_url": dict(part["image_url"])}


if __name__ == "__main__":
    lines = (Path(sys.argv[1]) / "rollouts.jsonl").read_text().splitlines()
    print_expected([read_row(json.loads(line)) for line in lines], ["reward"])
