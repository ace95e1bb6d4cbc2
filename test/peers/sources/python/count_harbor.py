"""Counts the pairs of a job of Harbor as Harbor's own classes read it: `count_harbor.py FOLDER`."""

import json
import sys
from pathlib import Path

from harbor.models.trajectories import Step, Trajectory
from harbor.models.trial.result import TrialResult
from pairing import Candidate, message, print_expected, split


def read_trial(folder: Path) -> Candidate:
    result = TrialResult.model_validate_json((folder / "result.json").read_text())
    path = folder / "agent/trajectory.json"
    trajectory = Trajectory.model_validate_json(path.read_text()) if path.exists() else None
    prompt, answer = read_messages(trajectory) if trajectory else ([], [])
    reason = None
    if not result.reward_valid:
        reason = "invalid_reward"
    elif trajectory is None:
        reason = "no_trajectory"
    rewards = (result.verifier_result.rewards if result.verifier_result else None) or {}
    return Candidate(
        id=result.trial_name,
        group=f"{result.task_name}@{result.task_checksum}",
        prompt=prompt,
        trajectory=answer,
        scores={name: float(value) for name, value in rewards.items()},
        reason=reason,
        flags=[f"exception:{exception.exception_type}" for exception in result.recorded_exceptions()],
        tools=trajectory.agent.tool_definitions if trajectory else None,
    )


def read_messages(trajectory: Trajectory) -> tuple[list[dict], list[dict]]:
    messages: list[dict] = []
    first = None
    for step in trajectory.steps:
        # A step that no model made belongs to the prompt.
        is_made = step.source == "agent" and step.llm_call_count != 0
        if is_made and first is None:
            first = len(messages)
        messages.extend(messages_of(step))
    return split(messages, len(messages) if first is None else first)


def messages_of(step: Step) -> list[dict]:
    role = "assistant" if step.source == "agent" else step.source
    calls = [(call.tool_call_id, call.function_name, json.dumps(call.arguments)) for call in step.tool_calls or []]
    messages = [message(role, content_of(step.message), reasoning=step.reasoning_content, calls=calls)]
    for result in step.observation.results if step.observation else []:
        if result.source_call_id:
            messages.append(message("tool", content_of(result.content), answers=result.source_call_id))
        elif result.content:
            messages.append(message("user", content_of(result.content)))
    return messages


def content_of(content: object) -> object:
    if content is None or isinstance(content, str):
        return content
    if all(part.type == "text" for part in content):
        return "".join(part.text for part in content)
    return [
        {"type": "text", "text": part.text}
        if part.type == "text"
        else {"type": "image_url", "image_url": {"url": part.source.path}}
        for part in content
    ]


if __name__ == "__main__":
    trials = sorted(path.parent for path in Path(sys.argv[1]).glob("*/result.json"))
    print_expected([read_trial(trial) for trial in trials], ["reward", "style"])
