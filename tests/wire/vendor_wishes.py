"""What each host may be sent of a request that wishes for everything, from its maker's own reference.

Written by hand from the sources in docs/vendors.md and compared with what leaves: nothing here is read from
the registry. Limits and addresses stand in vendor_table.py.
"""

from typing import Any

from apps.llm.vendors.base import ChatMessage, ChatRequest, ToolSpec

NO_ARGUMENTS = {"type": "object", "properties": {}}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
ASKED = {"type": "json_schema", "json_schema": {"name": "count", "schema": SCHEMA, "strict": True}}
FORM = (
    "Answer with one JSON object and nothing else. It must fit this JSON schema:\n"
    '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}'
)
WISHES = ChatRequest(
    "the-model",
    (ChatMessage.text("system", "Be brief."), ChatMessage.text("user", "hello")),
    tools=(ToolSpec("look", "Looks.", NO_ARGUMENTS), ToolSpec("book", "Books.", NO_ARGUMENTS)),
    tool_choice="book",
    temperature=0.5,
    top_p=0.9,
    max_tokens=100,
    stop=("END",),
    seed=7,
    reasoning_effort="minimal",
    response_format=ASKED,
    extra={
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "parallel_tool_calls": False,
        "verbosity": "low",
    },
)


def function(name: str) -> dict[str, Any]:
    described = {"name": name, "description": f"{name.title()}s.", "parameters": NO_ARGUMENTS}
    return {"type": "function", "function": described}


ALL: dict[str, Any] = {
    "tools": [function("look"), function("book")],
    "tool_choice": {"type": "function", "function": {"name": "book"}},
    "temperature": 0.5,
    "top_p": 0.9,
    "stop": ["END"],
    "seed": 7,
    "reasoning_effort": "minimal",
    "response_format": ASKED,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.2,
    "parallel_tool_calls": False,
    "verbosity": "low",
}
"""A host that takes what OpenAI's reference lists."""
ONE_TOOL = {"tools": [function("book")], "tool_choice": "required"}
"""A host that takes a word for `tool_choice` only."""


def taken(*lacking: str, **instead: Any) -> dict[str, Any]:
    """All but those, and these in other words."""
    return {name: value for name, value in ALL.items() if name not in lacking} | instead


PLAIN = taken("verbosity")
LOW = {"reasoning_effort": "low"}
PENALTIES = ("frequency_penalty", "presence_penalty")
OBJECT = {"response_format": {"type": "json_object"}}

EXPECTED: dict[str, dict[str, Any]] = {
    "azure_openai": taken("verbosity", "reasoning_effort"),
    "ai21": taken("verbosity", "tool_choice", "seed", "reasoning_effort", "parallel_tool_calls", *PENALTIES)
    | OBJECT,
    "aleph_alpha": taken("verbosity", "seed", "parallel_tool_calls", "reasoning_effort"),
    "baidu": PLAIN,
    "cerebras": taken("verbosity", "parallel_tool_calls", *PENALTIES) | LOW,
    "coreweave": PLAIN,
    "databricks": taken("verbosity", "seed", "parallel_tool_calls", *PENALTIES),
    "deepseek": taken(
        "verbosity",
        "seed",
        "parallel_tool_calls",
        "reasoning_effort",
        thinking={"type": "disabled"},
    )
    | OBJECT,
    "fireworks": taken("verbosity") | LOW,
    "groq": taken("verbosity", "reasoning_effort"),
    "huggingface": taken("verbosity", "parallel_tool_calls"),
    "inflection": PLAIN,
    "lambda": ALL,
    "llama_cpp": taken("verbosity") | ONE_TOOL,
    "lm_studio": taken("verbosity") | ONE_TOOL,
    "meta": ALL,
    "nvidia": PLAIN,
    "ollama": taken("verbosity") | LOW,
    "openai_compatible": ALL,
    "openrouter": ALL,
    "oracle": PLAIN,
    "poe": PLAIN,
    "qwen": taken("verbosity", "frequency_penalty", "reasoning_effort", enable_thinking=False),
    "tgi": ALL,
    "together": taken("verbosity", "parallel_tool_calls") | LOW,
    "vllm": ALL,
}
"""By slug, for the chat rows of the table."""
FORMED = frozenset({"ai21", "deepseek"})
"""Hosts that take no schema: the instructions carry it."""

BY_MODEL: tuple[tuple[str, dict[str, str], str, dict[str, Any]], ...] = (
    ("groq", {}, "openai/gpt-oss-120b", taken("verbosity") | LOW),
    ("groq", {}, "qwen/qwen3-32b", taken("verbosity") | {"reasoning_effort": "default"}),
    ("groq", {}, "qwen/qwen3.8-27b", taken("verbosity") | LOW),
    ("builtin", {}, "any", taken("verbosity") | ONE_TOOL),
    ("vllm", {}, "openai/gpt-oss-20b", ALL | LOW),
    ("openai", {"api": "chat"}, "gpt-4.1", taken("verbosity", "reasoning_effort")),
    ("openai", {"api": "chat"}, "gpt-5", taken("stop", "temperature", "top_p", *PENALTIES)),
    ("openai", {"api": "chat"}, "gpt-5.1", taken("stop", "temperature", "top_p", *PENALTIES) | LOW),
    (
        "openai",
        {"api": "chat"},
        "o4-mini",
        taken("verbosity", "stop", "temperature", "top_p", *PENALTIES) | LOW,
    ),
    ("xai", {"api": "chat"}, "grok-4", taken("verbosity", "reasoning_effort", "stop", *PENALTIES)),
    ("xai", {"api": "chat"}, "grok-3-mini", taken("verbosity", "stop", *PENALTIES) | LOW),
    ("xai", {"api": "chat"}, "grok-3", taken("verbosity", "reasoning_effort", "presence_penalty")),
)
"""(slug, settings, model, what leaves): where the model's family decides."""
