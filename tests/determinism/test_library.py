"""The same question gets the same answer, to the last bit, whoever else asks what meanwhile."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.determinism.questions import Question, digest, questions

from marscrop import Crop, Cropper
from marscrop.runtime import model

Answers = list[list[Crop] | str]
PROGRAM = Path(__file__).with_name("questions.py")


@pytest.fixture(scope="module")
def asked() -> list[Question]:
    return questions()


@pytest.fixture(scope="module")
def alone(asked: list[Question]) -> Answers:
    """One after the other, on one core, nobody else about."""
    cropper = Cropper(threads=1)
    return [question.asked_of(cropper) for question in asked]


def in_threads(cropper: Cropper, asked: list[Question], threads: int, seed: int) -> Answers:
    """All questions in another order, by so many threads that start together."""
    order = list(range(len(asked)))
    random.Random(seed).shuffle(order)  # noqa: S311 - an order, no secret
    together = threading.Barrier(threads)
    answers: dict[int, list[Crop] | str] = {}

    def work(first: int) -> None:
        together.wait(30)
        for number in order[first::threads]:
            answers[number] = asked[number].asked_of(cropper)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    return [answers[number] for number in range(len(asked))]


def test_the_questions_are_worth_asking(alone: Answers) -> None:
    crops = [answer for answer in alone if not isinstance(answer, str)]
    assert len(crops) > 15
    assert any(crop.padding for answer in crops for crop in answer)
    assert any(crop.candidate > 1 for answer in crops for crop in answer)
    assert len({crop.box for answer in crops for crop in answer}) > 40


def test_sixteen_threads_that_share_a_cropper(asked: list[Question], alone: Answers) -> None:
    assert in_threads(Cropper(threads=1), asked, 16, seed=1) == alone


def test_sixteen_threads_while_ratios_push_each_other_out(
    asked: list[Question], alone: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept of ratios is shared, and here far too little."""
    monkeypatch.setattr(model, "_RATIOS_KEPT", 2)
    assert in_threads(Cropper(threads=1), asked, 16, seed=3) == alone


@pytest.mark.parametrize("threads", [2, 4])
def test_any_number_of_threads_a_photo(asked: list[Question], alone: Answers, threads: int) -> None:
    cropper = Cropper(threads=threads)
    assert [question.asked_of(cropper) for question in asked] == alone


def test_again_and_again(asked: list[Question], alone: Answers) -> None:
    cropper = Cropper(threads=1)
    for _ in range(4):
        assert [question.asked_of(cropper) for question in asked[:6]] == alone[:6]


def test_a_ratio_asked_alone_or_among_others(asked: list[Question]) -> None:
    cropper = Cropper(threads=1)
    ratios = ("1:1", "16:9", "4:5", "1:4", "4:1", "2.39")
    for question in asked[::9]:
        together = cropper.crop(question.photo, ratios)
        assert [
            crop for ratio in ratios for crop in cropper.crop(question.photo, ratio)
        ] == together


def test_another_process(alone: Answers) -> None:
    """With another seed of hashes, and other threads in NumPy too."""
    environment = {"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4"}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "2"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    assert done.stdout.strip() == digest(alone)
