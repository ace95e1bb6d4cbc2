"""Evaluates a task with Inspect and a mock model: `write_inspect.py SEED FOLDER`.

Two logs, one of each format (`.eval` and `.json`). Errors and retries, NaN, several scorers, limits, tools that fail,
reasoning, an image, messages of several parts, a user's second turn, an invalidated sample.
"""

import base64
import random
import sys
from pathlib import Path

from inspect_ai import Task, eval, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import ProvenanceData, invalidate_samples, read_eval_log, write_eval_log
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    ContentImage,
    ContentReasoning,
    ContentText,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import Score, accuracy, mean, scorer
from inspect_ai.solver import Generate, TaskState, solver, system_message, use_tools
from inspect_ai.tool import ToolError, tool

EPOCHS = 5
PIXELS = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 200).decode()


@tool
def stock():
    async def execute(item: str):
        """Look up how many pieces of an item are in the storeroom, counted this morning by the keeper; the name is in
        the singular, such as lamp or chair.

        Args:
            item: Name of the item.
        """
        if item.endswith("s"):
            raise ToolError(f"no item called {item}")
        return f"{item}: 14 pieces"

    return execute


@tool
def later():
    async def execute(text: str):
        """A second tool | with a bar.

        Args:
            text: Any text.
        """
        return text

    return execute


def odd_task(chance: random.Random) -> Task:
    tries: dict[tuple, int] = {}

    @solver
    def fail_some():
        async def solve(state: TaskState, generate: Generate):
            key = (state.sample_id, state.epoch)
            tries[key] = tries.get(key, 0) + 1
            if state.sample_id == "retry" and tries[key] == 1 and state.epoch == 2:
                raise RuntimeError("the first try fails")
            if state.sample_id == "err" and state.epoch % 2 == 0:
                raise ValueError("always fails")
            return state

        return solve

    @solver
    def answer():
        async def solve(state: TaskState, generate: Generate):
            state = await generate(state)
            if state.sample_id == "multi":
                state.messages.append(ChatMessageUser(content="Are you sure?"))
                state.tools.append(later())
                state = await generate(state)
            return state

        return solve

    @scorer(metrics=[mean()])
    def number():
        async def score(state, target):
            if state.sample_id == "nan":
                return Score(value=[float("nan"), float("inf"), 0.3, 0.4, 0.3][state.epoch - 1])
            return Score(value=chance.choice([0, 0.25, 0.5, 1]))

        return score

    @scorer(metrics=[accuracy()])
    def grade():
        async def score(state, target):
            return Score(value=chance.choice(["C", "P", "I", "N"]))

        return score

    @scorer(metrics={"a": [mean()], "b": [mean()], "c": [mean()]})
    def parts():
        async def score(state, target):
            return Score(
                value={
                    "a": chance.random() < 0.5,
                    "b": chance.choice(["yes", "no", "TRUE", "0.25"]),
                    "c": chance.choice([None, "maybe", float("nan"), 2, 3]),
                }
            )

        return score

    @scorer(metrics=[mean()])
    def listed():
        async def score(state, target):
            return Score(value=[1.0, 2.0])

        return score

    @scorer(metrics=[mean()])
    def judged():
        """Its own calls of a model are no part of the sample's conversation."""

        async def score(state, target):
            judge = get_model("mockllm/model", custom_outputs=[say("GRADE: C")], memoize=False)
            await judge.generate([ChatMessageUser(content="grade it")])
            return Score(value=state.epoch)

        return score

    @task
    def odd():
        return Task(
            dataset=MemoryDataset(samples(), name="odd"),
            solver=[fail_some(), system_message("Be short."), use_tools(stock()), answer()],
            scorer=[number(), grade(), parts(), listed(), judged()],
            epochs=EPOCHS,
            message_limit=9,
        )

    return odd()


def samples() -> list[Sample]:
    shots = [
        ChatMessageSystem(content="Few shot."),
        ChatMessageUser(content="1+1?"),
        ChatMessageAssistant(content="2"),
        ChatMessageUser(content="2+2?"),
    ]
    image = ContentImage(image=f"data:image/png;base64,{PIXELS}")
    seen = [ChatMessageUser(content=[ContentText(text="What is "), ContentText(text="this?"), image])]
    return [
        Sample(id="lamp/a|b", input="How many lamps are there?", target="14"),
        Sample(id=7, input=shots, target="4"),
        Sample(id="multi", input="Name a day.", target="x"),
        Sample(id="retry", input="Retry me.", target="x"),
        Sample(id="err", input="Err on me.", target="x"),
        Sample(id="nan", input="Nan for me.", target="x"),
        Sample(id="colour", input="Which colour?", target="x"),
        Sample(id="long", input="A long one.", target="x"),
        Sample(id="image", input=seen, target="x"),
    ]


def mock_model(chance: random.Random):
    def respond(input, tools, tool_choice, config):
        users = [message.text for message in input if message.role == "user"]
        if "lamps" in users[0] and chance.random() < 0.75:
            return call("stock", {"item": chance.choice(["lamp", "lamp", "lamps"])}, chance.choice(["", "I look."]))
        if "sure" in users[-1]:
            return say(chance.choice(["Yes.", "No."]))
        if "colour" in users[0]:
            return reason(f"r{chance.randrange(3)}", chance.choice(["Blue.", "Green."]))
        if "long" in users[0] and chance.random() < 0.3:
            return say("It goes on and on", stop_reason="max_tokens")
        return say(f"answer {chance.randrange(3)} to {users[0][:5]}")

    return get_model("mockllm/model", custom_outputs=respond)


def say(text: str, **more: object) -> ModelOutput:
    return with_usage(ModelOutput.from_content("mockllm/model", text, **more))


def call(name: str, arguments: dict, content: str) -> ModelOutput:
    output = ModelOutput.for_tool_call("mockllm/model", name, arguments)
    output.choices[0].message.content = content
    return with_usage(output)


def reason(reasoning: str, text: str) -> ModelOutput:
    output = say(text)
    parts = [ContentReasoning(reasoning=reasoning, signature="s"), ContentText(text=text[:3]), ContentText(text=text[3:])]
    output.choices[0].message.content = parts
    output.completion = text
    return output


def with_usage(output: ModelOutput) -> ModelOutput:
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


def write_logs(seed: int, folder: Path) -> None:
    for form in ("eval", "json"):
        chance = random.Random(f"{seed} {form}")
        [log] = eval(
            odd_task(chance),
            model=mock_model(chance),
            log_format=form,
            log_dir=str(folder / form),
            fail_on_error=False,
            retry_on_error=1,
            max_samples=1,
            max_connections=1,
            display="none",
            score_on_error=form == "json",
        )
        invalidate_one(log.location)


def invalidate_one(path: str) -> None:
    log = read_eval_log(path)
    wrong = [sample.uuid for sample in log.samples if sample.id == "colour" and sample.epoch == 4]
    write_eval_log(invalidate_samples(log, wrong, ProvenanceData(author="me", reason="bad")), path)


if __name__ == "__main__":
    write_logs(int(sys.argv[1]), Path(sys.argv[2]))
