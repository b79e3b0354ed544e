"""A conversation as one text, for models that only continue a text, and where such a model must stop.

Sources: ChatML github.com/openai/openai-python (chatml.md, v0.28), Llama 2 github.com/meta-llama/llama
(llama/generation.py), Alpaca github.com/tatsu-lab/stanford_alpaca (README).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from apps.llm.vendors.base import ChatMessage, TextPart

Turn = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Template:
    """How turns (role, words) become a prompt; `stop` is what begins the next turn."""

    label: str
    prompt: Callable[[list[Turn]], str]
    stop: tuple[str, ...]


def turns_of(messages: Iterable[ChatMessage]) -> list[Turn]:
    """Roles and words; what is not words is left out, and a message without words with it."""
    found: list[Turn] = []
    for message in messages:
        words = "".join(part.text for part in message.parts if isinstance(part, TextPart)).strip()
        if words:
            found.append((message.role, words))
    return found


def _plain(turns: list[Turn]) -> str:
    names = {"user": "User: ", "assistant": "Assistant: "}
    return "".join(f"{names.get(role, '')}{words}\n\n" for role, words in turns) + "Assistant:"


def _chatml(turns: list[Turn]) -> str:
    said = "".join(f"<|im_start|>{role}\n{words}<|im_end|>\n" for role, words in turns)
    return f"{said}<|im_start|>assistant\n"


def _llama2(turns: list[Turn]) -> str:
    """System words stand inside the first question; each question with its answer is a sequence."""
    system = "\n\n".join(words for role, words in turns if role == "system")
    prefix = f"<<SYS>>\n{system}\n<</SYS>>\n\n" if system else ""
    prompt = ""
    for role, words in turns:
        if role == "user":
            prompt += f"<s>[INST] {prefix}{words} [/INST]"
            prefix = ""
        elif role == "assistant":
            prompt += f" {words} </s>"
    return prompt


def _alpaca(turns: list[Turn]) -> str:
    names = {"user": "### Instruction:\n", "assistant": "### Response:\n"}
    return "".join(f"{names.get(role, '')}{words}\n\n" for role, words in turns) + "### Response:\n"


def _words_only(turns: list[Turn]) -> str:
    return "\n\n".join(words for _, words in turns)


TEMPLATES: Mapping[str, Template] = {
    "plain": Template("Plain turns (User:, Assistant:)", _plain, ("\nUser:", "\n\nUser:")),
    "chatml": Template("ChatML", _chatml, ("<|im_end|>", "<|im_start|>")),
    "llama2": Template("Llama 2", _llama2, ("</s>", "[INST]")),
    "alpaca": Template("Alpaca", _alpaca, ("### Instruction:",)),
    "none": Template("None: the words as they are", _words_only, ()),
}
