"""Counts the pairs that must come of scored answers.

It takes candidates as a reader made them and prints what the pairs are, by candidate. It shares no code with the program
that is held against it. Messages have OpenAI's form.
"""

import itertools
import json
import sys
from dataclasses import dataclass, field


@dataclass
class Candidate:
    id: str
    """Candidates of one group compete."""
    group: str
    prompt: list[dict]
    """All messages from the model's first one to its last one."""
    trajectory: list[dict]
    """None: the candidate has no usable score of that name."""
    scores: dict[str, float | None]
    """Why it is no candidate, whatever its scores are."""
    reason: str | None = None
    flags: list[str] = field(default_factory=list)
    tools: list[dict] | None = None


def print_expected(candidates: list[Candidate], scores: list[str]) -> None:
    """Prints groups, candidates and, for each score and each unit, all pairs."""
    groups = in_groups(candidates)
    expected = {
        "candidates": len(candidates),
        "groups": [{"key": key, **describe_group(members)} for key, members in groups.items()],
        "views": {
            score: {unit: pair_all(groups, score, unit) for unit in ("final", "trajectory")} for score in scores
        },
    }
    json.dump(expected, sys.stdout)


def in_groups(candidates: list[Candidate]) -> dict[str, list[Candidate]]:
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.group, []).append(candidate)
    return groups


def describe_group(members: list[Candidate]) -> dict:
    return {
        "prompt": members[0].prompt,
        "tools": members[0].tools,
        "candidates": [
            {
                "id": one.id,
                "scores": one.scores,
                "reason": one.reason,
                "flags": one.flags,
                "final": final_answer(one),
                "trajectory": one.trajectory,
                "prompt": one.prompt,
                "tools": one.tools,
            }
            for one in members
        ],
    }


def pair_all(groups: dict[str, list[Candidate]], score: str, unit: str) -> dict:
    pairs = []
    skipped: dict[str, list] = {"prompt_mismatch": [], "identical": [], "tie": []}
    for key, members in groups.items():
        for one, other in itertools.combinations(sides_of(members, score, unit), 2):
            ids = sorted([one["id"], other["id"]])
            if one["prompt"] != other["prompt"]:
                skipped["prompt_mismatch"].append(ids)
            elif one["answer"] == other["answer"]:
                skipped["identical"].append(ids)
            elif one["score"] == other["score"]:
                skipped["tie"].append(ids)
            else:
                chosen, rejected = (one, other) if one["score"] > other["score"] else (other, one)
                margin = chosen["score"] - rejected["score"]
                pairs.append({"group": key, "chosen": chosen["id"], "rejected": rejected["id"], "margin": margin})
    return {"pairs": pairs, "skipped": skipped}


def sides_of(members: list[Candidate], score: str, unit: str) -> list[dict]:
    """What may be paired: prompt and answer of each candidate, as text that is equal where they are."""
    usable = [one for one in members if one.reason is None]
    beginnings = {before_final(one) for one in usable if final_answer(one) is not None}
    sides = []
    for one in usable:
        answer = final_answer(one) if unit == "final" else whole_answer(one)
        value = one.scores.get(score)
        if answer is None or value is None:
            continue
        shared = unit == "final" and len(beginnings) == 1
        asked = before_final(one) if shared else normal_form(one.prompt)
        # A chat template writes the tools into the prompt.
        prompt = [asked, normal_tools(one.tools or [])]
        sides.append({"id": one.id, "prompt": prompt, "answer": answer, "score": value})
    return sides


def normal_tools(tools: list[dict]) -> list[str]:
    declared = [tool["function"] for tool in tools]
    return sorted(
        json.dumps([one["name"], one.get("description") or "", one.get("parameters") or {}], sort_keys=True)
        for one in declared
    )


def before_final(one: Candidate) -> str:
    return normal_form(one.prompt + one.trajectory[:-1])


def final_answer(one: Candidate) -> str | None:
    """Text of the last message, where that is the assistant's, has text and calls no tool."""
    last = one.trajectory[-1] if one.trajectory else None
    if last is None or last["role"] != "assistant" or last.get("tool_calls"):
        return None
    text = last.get("content") or ""
    return text if isinstance(text, str) and text.strip() else None


def whole_answer(one: Candidate) -> str | None:
    """The trajectory, where the model says anything in it."""
    # Beside role and content a message has its reasoning or its calls.
    said = [made for made in one.trajectory if made["role"] == "assistant" and (made["content"] or len(made) > 2)]
    return normal_form(one.trajectory) if said else None


def normal_form(messages: list[dict]) -> str:
    """Ids of calls by their order, arguments as JSON where they parse, no content as empty text."""
    numbers: dict[str, int] = {}

    def number(call_id: str) -> int:
        return numbers.setdefault(call_id, len(numbers))

    normal = []
    for message in messages:
        calls = [
            [number(call["id"]), call["function"]["name"], parsed(call["function"]["arguments"])]
            for call in message.get("tool_calls") or []
        ]
        answered = message.get("tool_call_id")
        normal.append(
            [
                message["role"],
                message.get("content") or "",
                message.get("reasoning_content") or "",
                calls,
                None if answered is None else number(answered),
            ]
        )
    return json.dumps(normal, sort_keys=True)


def parsed(arguments: str):
    try:
        return json.loads(arguments)
    except json.JSONDecodeError:
        return arguments


def message(
    role: str,
    content: object,
    *,
    reasoning: str | None = None,
    calls: list[tuple[str, str, str]] | None = None,
    answers: str | None = None,
) -> dict:
    """A message in OpenAI's form. `calls` are (id, name, arguments), `answers` is the id of the call of a tool's message."""
    made: dict = {"role": role, "content": content or ""}
    if reasoning:
        made["reasoning_content"] = reasoning
    if calls:
        made["tool_calls"] = [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call_id, name, arguments in calls
        ]
    if answers is not None:
        made["tool_call_id"] = answers
    return made


def function_tool(name: str, description: str | None, parameters: dict | None) -> dict:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def split(messages: list[dict], first: int) -> tuple[list[dict], list[dict]]:
    """Prompt and trajectory: `first` is the number of the model's first message."""
    last = max((at for at, one in enumerate(messages) if one["role"] == "assistant" and at >= first), default=-1)
    return messages[:first], messages[first : last + 1]
