"""
NAT's own command with a workflow and evaluators to try: `python demo.py eval --config_file …`, `python demo.py serve …`.

The workflow proposes candidates for each turn, whose scores follow from the question alone, so that NAT's evaluation and a
live run give the same traces.
"""

import hashlib
import os
import sys

from nat.builder.builder import Builder
from nat.builder.context import Context
from nat.builder.evaluator import EvaluatorInfo
from nat.builder.function_info import FunctionInfo
from nat.cli.register_workflow import register_evaluator
from nat.cli.register_workflow import register_function
from nat.data_models.evaluator import EvalInputItem
from nat.data_models.evaluator import EvaluatorBaseConfig
from nat.data_models.function import FunctionBaseConfig
from nat.data_models.interactive import HumanPromptText
from nat.data_models.intermediate_step import IntermediateStepPayload
from nat.data_models.intermediate_step import IntermediateStepType
from nat.data_models.intermediate_step import TTCEventData
from nat.plugins.eval.data_models.evaluator_io import EvalOutputItem
from nat.plugins.eval.evaluator.base_evaluator import BaseEvaluator


ASKED: dict[str, int] = {}


def number(*parts: object) -> float:
    return int(hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:4], 16) / 0xFFFF


class DemoConfig(FunctionBaseConfig, name="ttc_demo"):
    turns: int = 2
    candidates: int = 3
    ask_human: bool = False
    nan_score: bool = False


def propose(config: DemoConfig, question: str) -> str:
    manager = Context.get().intermediate_step_manager
    for turn in range(config.turns):
        for index in range(config.candidates):
            score = float("nan") if config.nan_score and index == 1 else number(question, turn, index)
            uuid = f"{turn}-{index}"
            prompt = [{"role": "system", "content": "You answer."}, {"role": "user", "content": f"{question} ({turn})"}]
            data = {"turn_id": f"turn_{turn}", "turn_index": turn, "candidate_index": index, "input": prompt}
            manager.push_intermediate_step(
                IntermediateStepPayload(UUID=uuid, event_type=IntermediateStepType.TTC_START, name="dpo_candidate_move",
                                        data=TTCEventData(**data)))
            manager.push_intermediate_step(
                IntermediateStepPayload(UUID=uuid, event_type=IntermediateStepType.TTC_END, name="dpo_candidate_move",
                                        metadata={"move": [index, {"é": "漢 😀"}]},
                                        data=TTCEventData(**data, score=score, output=f"answer {index} to {question}")))
    ASKED[question] = ASKED.get(question, 0) + 1
    return f"answer number {ASKED[question]} to {question}"


@register_function(config_type=DemoConfig)
async def demo(config: DemoConfig, builder: Builder):

    async def answer(input_message: str) -> str:
        """Answers a question."""
        if config.ask_human:
            await Context.get().user_interaction_manager.prompt_user_input(HumanPromptText(text="?", required=True))
        return propose(config, input_message)

    yield FunctionInfo.from_fn(answer, description="Answers a question.")


class RoleConfig(FunctionBaseConfig, name="role_demo"):
    pass


@register_function(config_type=RoleConfig)
async def role_demo(config: RoleConfig, builder: Builder):

    async def play(role: str, board: str) -> str:
        """Takes fields of its own."""
        return propose(DemoConfig(), f"{role} on {board}")

    yield FunctionInfo.from_fn(play, description="Takes fields of its own.")


class LengthEvalConfig(EvaluatorBaseConfig, name="length_eval"):
    fails_for: str | None = None


class LengthEvaluator(BaseEvaluator):

    def __init__(self, fails_for: str | None):
        super().__init__()
        self.fails_for = fails_for

    async def evaluate_item(self, item: EvalInputItem) -> EvalOutputItem:
        if str(item.id) == self.fails_for:
            return EvalOutputItem(id=item.id, score=None, reasoning={}, error="the judge did not answer")
        return EvalOutputItem(id=item.id, score=round(number(item.id), 3), reasoning={"length": len(str(item.output_obj))})


@register_evaluator(config_type=LengthEvalConfig)
async def length_eval(config: LengthEvalConfig, builder: Builder):
    evaluator = LengthEvaluator(config.fails_for)
    yield EvaluatorInfo(config=config, evaluate_fn=evaluator.evaluate, description="A score for each id.")


if __name__ == "__main__":
    os.environ.setdefault("NAT_TELEMETRY_ENABLED", "false")
    from nat.cli.main import run_cli
    sys.exit(run_cli())
