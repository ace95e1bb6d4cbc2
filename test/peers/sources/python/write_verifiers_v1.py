"""Writes episodes with the classes of verifiers 0.4 (the v1 interface): `write_verifiers_v1.py SEED FOLDER`.

Several traces an episode, solvers and critics, trees of messages with abandoned branches, tools with and without a
namespace, failed traces, negative weights, rewards of NaN and none at all.
"""

import random
import sys
from pathlib import Path

from verifiers.v1.configs.agent import WireAgentConfig
from verifiers.v1.episode import EnvInfo, Episode
from verifiers.v1.graph import MessageNode
from verifiers.v1.state import State
from verifiers.v1.task import WireTaskData
from verifiers.v1.trace import AgentInfo, Error, ModelCall, TraceTask, WireTrace
from verifiers.v1.types import (
    AssistantMessage,
    ImageUrlContentPart,
    ImageUrlSource,
    Message,
    SystemMessage,
    TextContentPart,
    Tool,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from verifiers.v1.utils.trace_store import write_episode

EPISODES = 60
PARAMETERS = {"type": "object", "properties": {"item": {"type": "string"}}}
STOCK = Tool(name="stock", description="Stock of an item.", parameters=PARAMETERS, strict=True)
SHOP = Tool(name="stock", namespace="shop", description="Another.", parameters={"type": "object"})
QUESTIONS = ["plain q", "few q", "parts q", "image q"]


def write_run(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    folder.mkdir(parents=True)
    for _ in range(EPISODES):
        question = chance.choice(QUESTIONS)
        traces = [make_trace(chance, question, f"k-{question}", "solver") for _ in range(chance.choice([1, 1, 2]))]
        if chance.random() < 0.3:
            key = chance.choice([f"k-{question}", f"c-{question}"])
            traces.append(make_trace(chance, f"critic {question}", key, "critic"))
        episode = Episode[WireTaskData, State, WireAgentConfig](
            env=EnvInfo(id="e"), task=traces[0].task, traces=traces, ok=True
        )
        write_episode(folder, episode)


def make_trace(chance: random.Random, question: str, key: str, agent: str) -> WireTrace:
    task = TraceTask[WireTaskData](type="Q", data=WireTaskData(idx=0, prompt=question), key=key, hash=key)
    config = WireAgentConfig(model="m")
    trace = WireTrace(task=task, agent=AgentInfo[WireAgentConfig](config=config, name=agent))
    if chance.random() < 0.1:
        trace.record_error(RuntimeError("boom"))
        trace.is_completed = True
        if chance.random() < 0.5:
            return trace
    answer(chance, trace, question)
    if chance.random() < 0.1:
        trace.calls.append(ModelCall(error=Error(type="ProviderError", message="x")))
    if not trace.errors:
        trace.ok = True
        trace.stop(chance.choice(["agent_completed", "agent_completed", "max_turns"]))
    if chance.random() < 0.9:
        reward(chance, trace)
    return trace


def reward(chance: random.Random, trace: WireTrace) -> None:
    trace.record_reward("right", chance.choice([0, 0.5, 1]), 1.0)
    trace.record_reward("cost", chance.choice([1, 2, 3]), -0.1)
    if chance.random() < 0.2:
        trace.record_reward("reward", chance.choice([0, 1]), 2)
    if chance.random() < 0.1:
        trace.record_reward("right", float("nan"))


def answer(chance: random.Random, trace: WireTrace, question: str) -> None:
    trace.tools = chance.choice([[], [STOCK], [STOCK], [STOCK], [STOCK, SHOP]])
    offered = trace.tools if chance.random() < 0.7 else []
    last = add(trace, None, SystemMessage(content="Be brief."), tools=offered)
    if "few" in question:
        last = add(trace, last, UserMessage(content="1+1?"))
        last = add(trace, last, AssistantMessage(content="2"))
    asked = add(trace, last, UserMessage(content=ask(question)))
    for _ in range(chance.choice([1, 1, 2])):
        add_branch(chance, trace, asked)


def ask(question: str) -> str | list:
    if "parts" in question:
        return [TextContentPart(text="It is "), TextContentPart(text=question)]
    if "image" in question:
        image = ImageUrlContentPart(image_url=ImageUrlSource(url="http://example.com/i.png"))
        return [TextContentPart(text=question), image]
    return question


def add_branch(chance: random.Random, trace: WireTrace, parent: int) -> None:
    last = parent
    for _ in range(chance.choice([0, 0, 1, 2])):
        call = ToolCall(
            id=f"c{chance.randrange(10**6)}",
            name="stock",
            arguments=chance.choice(['{"item": "a"}', '{"item":"a"}', "{broken"]),
            namespace=chance.choice([None, "shop"]),
        )
        thought = chance.choice([None, "hm"])
        said = AssistantMessage(content=chance.choice([None, "I look."]), reasoning_content=thought, tool_calls=[call])
        last = add(trace, last, said, sampled=True)
        trace.calls.append(ModelCall(node=last, finish_reason="tool_calls"))
        result = ToolMessage(tool_call_id=call.id, content=chance.choice(["3", "4"]), name="stock")
        last = add(trace, last, result)
    if chance.random() < 0.1:
        return
    text = chance.choice(["three", "four", "five", "", None])
    thought = chance.choice([None, "thought"])
    last = add(trace, last, AssistantMessage(content=text, reasoning_content=thought), sampled=True)
    trace.calls.append(ModelCall(node=last, finish_reason=chance.choice(["stop", "stop", "length"])))


def add(trace: WireTrace, parent: int | None, said: Message, **more: object) -> int:
    trace.nodes.append(MessageNode(parent=parent, message=said, **{"sampled": False, **more}))
    return len(trace.nodes) - 1


if __name__ == "__main__":
    write_run(int(sys.argv[1]), Path(sys.argv[2]))
