"""Shapes that hosts document and no recording in ../shared/data/wire holds.

By dialect, what the recordings leave out and stands here or in `dialects/`: chat completions: byte order
marks, CR, comments, keep-alives, legacy function calls, several choices, refusals, spoken words, log
probabilities, content lists, Azure's filter events, Groq's own field, errors after words; Anthropic:
searches, MCP, citations, pauses, refusals, errors in the stream, answers in one piece; Gemini: code,
pictures, several candidates, arrays, late counts and sources, blocked prompts, every finish reason,
arguments in pieces; Responses: searches, annotations, refusals, incomplete and failed answers, several
summaries; Cohere: citations, debug events, plans; Mistral: references; Bedrock: guardrails, exceptions,
citations, answers in one piece; Ollama: error lines.
Free-text tool calls and what newer models and relays do: `variants/newer.py`.
Not read: Bedrock's InvokeModel streams but Claude's, Cohere's version 1, pictures and sound in a chat answer.
"""

from tests.wire.rare import chat, makers, others

RARE = (*chat.RARE, *makers.RARE, *others.RARE)
