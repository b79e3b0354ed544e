"""The local model server, as OpenAI's client sees it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import psutil
import pytest

from launch.network import free_port

ROOT = Path(__file__).parents[2]
CHAT, EMBEDDING = "smollm2-135m-instruct", "all-minilm-l6-v2"
KEY = "sk-test"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[openai.OpenAI, psutil.Process]]:
    """A client and the server's process."""
    port = free_port()
    environment = {**os.environ, "ATRIUM_MODEL_SERVER_KEY": KEY}
    with subprocess.Popen(
        [sys.executable, "-m", "launch.model_server", "--port", str(port)], cwd=ROOT, env=environment
    ) as process:
        client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY, max_retries=0)
        deadline = time.monotonic() + 30
        while True:
            try:
                client.models.list()
                break
            except openai.APIConnectionError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield client, psutil.Process(process.pid)
        client.close()
        process.terminate()


Server = tuple[openai.OpenAI, psutil.Process]


def ask(text: str) -> list[openai.types.chat.ChatCompletionUserMessageParam]:
    return [{"role": "user", "content": text}]


def test_both_models_are_listed(server: Server) -> None:
    assert [model.id for model in server[0].models.list()][:2] == [CHAT, EMBEDDING]


def test_answer_streams_token_by_token_and_ends_with_its_usage(server: Server) -> None:
    chunks = list(
        server[0].chat.completions.create(
            model=CHAT,
            messages=ask("Say hello."),
            max_tokens=8,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    texts = [
        chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content
    ]
    assert len(texts) > 1
    assert chunks[-1].usage is not None
    assert 0 < chunks[-1].usage.completion_tokens <= 8


def is_busy(process: psutil.Process) -> bool:
    """Whether it computes; asks for half a second."""
    before = process.cpu_times().user
    time.sleep(0.5)
    return bool(process.cpu_times().user - before >= 0.1)


def test_stopped_stream_stops_the_model(server: Server) -> None:
    client, process = server
    stream = client.chat.completions.create(
        model=CHAT, messages=ask("Tell a very long story."), max_tokens=3000, stream=True
    )
    for _, _ in zip(range(4), stream, strict=False):
        pass
    stream.close()
    deadline = time.monotonic() + 20
    while is_busy(process):
        assert time.monotonic() < deadline


def test_embeddings_have_length_one_and_know_what_is_alike(server: Server) -> None:
    texts = ["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby."]
    answer = server[0].embeddings.create(model=EMBEDDING, input=texts)
    food, bread, baby = (item.embedding for item in answer.data)

    def alike(left: list[float], right: list[float]) -> float:
        return sum(a * b for a, b in zip(left, right, strict=True))

    assert len(food) == 384
    assert alike(food, food) == pytest.approx(1, abs=1e-4)
    assert alike(food, bread) == pytest.approx(0.755, abs=0.02)
    assert alike(food, baby) < 0.1
    assert answer.usage.prompt_tokens == 8 + 11 + 9


def test_order_and_encodings_agree_over_several_batches(server: Server) -> None:
    texts = [f"Paragraph {number} " + "of the handbook " * (number % 7) for number in range(40)]
    packed = server[0].embeddings.create(model=EMBEDDING, input=texts)
    plain = server[0].embeddings.create(model=EMBEDDING, input=texts[33], encoding_format="float")
    assert packed.data[33].embedding == pytest.approx(plain.data[0].embedding, abs=0.02)


def test_too_long_a_prompt_is_a_context_error(server: Server) -> None:
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError) as caught:
            server[0].chat.completions.create(model=CHAT, messages=ask("cat " * 6000), stream=stream)
        assert caught.value.code == "context_length_exceeded"


def test_wrong_requests_get_clear_errors(server: Server) -> None:
    client = server[0]
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").models.list()
    with pytest.raises(openai.NotFoundError, match="serves the model"):
        client.chat.completions.create(model="gpt", messages=ask("Hi"))
    with pytest.raises(openai.BadRequestError, match="1 to 2048 texts"):
        client.embeddings.create(model=EMBEDDING, input=[])
