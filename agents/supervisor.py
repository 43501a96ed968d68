"""The graph of a plan: draft, compile, repair, prove, approve, apply, report. Nodes and edges only.

It stops at ``approve`` until a person decides; its checkpoints let any process go on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from agents import replies, stages
from agents.stages import Say, State, Work
from memory.threads import checkpoint_thread, checkpoints
from spec.codec import to_plain
from spec.pipeline import Pipeline

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

Stage = Callable[[State, Work, Say], State]
_DECIDED = (("apply",), ("report",))


def plan(work: Work, state: State) -> Iterator[replies.Reply]:
    """Take a plan from its request, or from a draft in ``state``, to where it waits for a person."""
    yield from _go(work, work.turn, state)


def decide(work: Work) -> Iterator[replies.Reply]:
    """Go on with the plan of ``work.turn`` that waits, with the person's decision."""
    yield from _go(work, work.turn, Command(resume={"decision": work.decision}))


def is_open(work: Work) -> bool:
    """Whether the plan of ``work.turn`` was decided about and its process ended before that was carried out."""
    with checkpoints(work.context.workspace) as saver:
        return _stands_at(_graph(saver), _config(work, work.turn)) in _DECIDED


def carry_on(work: Work) -> Iterator[replies.Reply]:
    """Carry out the decision where it was left; not twice what was done before."""
    yield from _go(work, work.turn, None)


def run(work: Work, spec: Pipeline) -> Iterator[replies.Reply]:
    """Run a plan that was approved earlier."""
    decided: State = {"spec": cast("dict[str, Any]", to_plain(spec)), "decision": {"decision": "approve"}}
    yield from _go(work, work.turn, decided)


def _config(work: Work, turn: int) -> RunnableConfig:
    return {"configurable": {"thread_id": checkpoint_thread(work.context.workspace, work.thread, turn)}}


def _go(work: Work, turn: int, entry: State | Command[Any] | None) -> Iterator[replies.Reply]:
    with checkpoints(work.context.workspace) as saver:
        config, graph = _config(work, turn), _graph(saver)
        at = _stands_at(graph, config) if isinstance(entry, Command) else ()
        if at == ("apply",):
            # An earlier decision got as far as its checkpoint and was never recorded; the one of now takes its place.
            entry = None
        elif isinstance(entry, Command) and at != ("approve",):
            # Its checkpoints are gone, for instance with a file that somebody deleted.
            yield replies.Text(text="That plan cannot be decided about any more. Ask for it again.", tone="warning")
            return
        for reply in graph.stream(cast("Any", entry), config, context=work, stream_mode="custom", durability="sync"):
            yield cast("replies.Reply", reply)


def _stands_at(graph: CompiledStateGraph[State, Work, State, State], config: RunnableConfig) -> tuple[str, ...]:
    """The stages that come next. A stage that ended and whose checkpoint was not written any more is among them."""
    return tuple(task.name for task in graph.get_state(config).tasks)


def _graph(saver: BaseCheckpointSaver[str]) -> CompiledStateGraph[State, Work, State, State]:
    graph = StateGraph(State, context_schema=Work)
    graph.add_node("draft", _node(stages.draft))
    graph.add_node("compile", _node(stages.compile_draft))
    graph.add_node("prove", _node(stages.prove))
    graph.add_node("approve", _approve)
    graph.add_node("apply", _node(stages.apply))
    graph.add_node("report", _node(stages.report))
    graph.add_conditional_edges(START, _first, ["draft", "compile", "report"])
    graph.add_conditional_edges("draft", lambda state: END if "ended" in state else "compile", ["compile", END])
    graph.add_conditional_edges("compile", _after_compile, ["draft", "prove", END])
    graph.add_conditional_edges("prove", lambda state: END if "ended" in state else "approve", ["approve", END])
    graph.add_edge("approve", "apply")
    graph.add_conditional_edges("apply", lambda state: END if "ended" in state else "report", ["report", END])
    graph.add_edge("report", END)
    return graph.compile(checkpointer=saver)


def _node(stage: Stage) -> Any:
    def node(state: State, runtime: Runtime[Work]) -> State:
        return stage(state, runtime.context, runtime.stream_writer)

    return node


def _approve(state: State) -> State:
    return {"decision": interrupt({"digest": state["digest"]})}


def _first(state: State) -> str:
    if "decision" in state:
        return "report"
    return "compile" if "draft" in state else "draft"


def _after_compile(state: State) -> str:
    if "ended" in state:
        return END
    return "prove" if "spec" in state else "draft"
