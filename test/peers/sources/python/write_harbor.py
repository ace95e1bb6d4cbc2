"""Writes a job of Harbor with Harbor's own classes: `write_harbor.py SEED FOLDER`.

Steps of all kinds, several rewards, every exception that Harbor knows, results of older versions, agents that left no
trajectory, and a file named result.json among a trial's artifacts.
"""

import json
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

from harbor.models.task.id import LocalTaskId
from harbor.models.trajectories import (
    Agent,
    ContentPart,
    ImageSource,
    Observation,
    ObservationResult,
    Step,
    SubagentTrajectoryRef,
    ToolCall,
    Trajectory,
)
from harbor.models.trial.config import TrialConfig
from harbor.models.trial.error_policy import ERROR_POLICIES
from harbor.models.trial.result import AgentInfo, ExceptionInfo, TrialResult
from harbor.models.verifier.result import VerifierResult

TRIALS = 120
TOOL = {"type": "function", "function": {"name": "stock", "description": "S", "parameters": {"type": "object"}}}
EXCEPTIONS = [*ERROR_POLICIES, "AgentTimeoutError", "OtherError"]


def write_job(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "result.json").write_text(json.dumps({"id": "job", "n_total_trials": TRIALS, "stats": {"n_trials": 1}}))
    for number in range(TRIALS):
        task = chance.choice(["store/a", "store/b"])
        write_trial(chance, folder / f"{task[-1]}__{number:03d}", task)


def write_trial(chance: random.Random, folder: Path, task: str) -> None:
    for part in ("agent", "verifier", "artifacts/logs"):
        (folder / part).mkdir(parents=True)
    (folder / "artifacts/logs/result.json").write_text('{"task_name": "not a trial"}')
    agent = chance.choice(["x", "x", "x", "y"])
    if chance.random() < 0.93:
        trajectory = make_trajectory(chance, task, agent)
        (folder / "agent/trajectory.json").write_text(json.dumps(trajectory.to_json_dict()))
    exception = None
    if chance.random() < 0.4:
        override = {"has_valid_reward": chance.choice([True, False])} if chance.random() < 0.15 else None
        exception = ExceptionInfo(
            exception_type=chance.choice(EXCEPTIONS),
            exception_message="m",
            exception_traceback="t",
            occurred_at=datetime.now(UTC),
            policy_override=override,
        )
    rewards = chance.choice(
        [None, {"reward": 0.0}, {"reward": 1.0}, {"reward": 0.5, "style": chance.choice([0, 1])}, {"style": 2}]
    )
    verified = rewards is not None or chance.random() < 0.5
    result = TrialResult(
        task_name=task,
        trial_name=folder.name,
        trial_uri=f"file:///{folder.name}",
        task_id=LocalTaskId(path="/task"),
        task_checksum=f"abc{task[-1]}",
        config=TrialConfig(task={"path": "/task"}, trial_name=folder.name),
        agent_info=AgentInfo(name=agent, version="1"),
        verifier_result=VerifierResult(rewards=rewards) if verified else None,
        exception_info=exception,
    )
    written = json.loads(result.model_dump_json())
    is_overridden = exception is not None and exception.policy_override is not None
    if chance.random() < 0.4 and rewards and not is_overridden:
        make_older(written)
    (folder / "result.json").write_text(json.dumps(written))


def make_older(result: dict) -> None:
    """Before 0.26 the validity of a reward was not written."""
    del result["reward_valid"]
    if result.get("exception_info"):
        result["exception_info"].pop("policy", None)


def make_trajectory(chance: random.Random, task: str, agent: str) -> Trajectory:
    steps: list[Step] = []

    def step(source: str, text: str | list[ContentPart], **more: object) -> None:
        steps.append(Step(step_id=len(steps) + 1, source=source, message=text, **more))

    step("system", f"You are {agent}.")
    step("user", ask(chance, task))
    if chance.random() < 0.15:
        # No call of a model is behind this step.
        screen = Observation(results=[ObservationResult(content="screen")])
        step("agent", "fixed start", llm_call_count=0, observation=screen)
    for turn in range(chance.choice([0, 0, 1, 2])):
        if chance.random() < 0.6:
            use_tools(chance, step, [f"c{len(steps)}{turn}{number}" for number in range(chance.choice([1, 2]))])
        else:
            results = [ObservationResult(content=chance.choice(["f", "g"]))]
            if chance.random() < 0.2:
                reference = SubagentTrajectoryRef(trajectory_path="sub-agent.json")
                results.append(ObservationResult(subagent_trajectory_ref=[reference]))
            step("agent", "ls", observation=Observation(results=results))
    if chance.random() < 0.85:
        step("agent", chance.choice(["done", "no"]))
    tools = [TOOL] if chance.random() < 0.8 else None
    return Trajectory(agent=Agent(name=agent, version="1", tool_definitions=tools), steps=steps)


def ask(chance: random.Random, task: str) -> str | list[ContentPart]:
    if task == "store/b":
        image = ImageSource(media_type="image/png", path="i.png")
        return [ContentPart(type="text", text="See"), ContentPart(type="image", source=image)]
    return chance.choice(["Do it.", [ContentPart(type="text", text="Do "), ContentPart(type="text", text="it.")]])


def use_tools(chance: random.Random, step, ids: list[str]) -> None:
    results = [ObservationResult(source_call_id=call, content=chance.choice(["3", "4", None])) for call in ids]
    if chance.random() < 0.2:
        results.append(ObservationResult(content="warning"))
    step(
        "agent",
        chance.choice(["", "look"]),
        reasoning_content=chance.choice([None, "hm"]),
        tool_calls=[ToolCall(tool_call_id=call, function_name="stock", arguments={"item": "a"}) for call in ids],
        observation=Observation(results=results),
    )


if __name__ == "__main__":
    write_job(int(sys.argv[1]), Path(sys.argv[2]))
