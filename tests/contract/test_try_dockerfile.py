"""What `scripts/try_dockerfile.py` reads, and that the Dockerfile is sent what it builds from.

To run the steps themselves takes root, a quarter of an hour and a package index.
"""

from __future__ import annotations

import pytest
from scripts.try_dockerfile import Step, in_context, stages
from tests.conftest import ROOT
from tests.contract.documents import tracked

DOCKERFILE = stages((ROOT / "Dockerfile").read_text())
IGNORED = (ROOT / ".dockerignore").read_text()


def test_steps_are_read() -> None:
    build, last = stages(
        "# syntax\nFROM python:3.13 AS build\nRUN one \\\n  && two\n"
        "\n# why\nfrom python:3.13\nUSER 7\n"
    )
    assert (build.name, build.steps) == ("build", [Step("RUN", "one    && two")])
    assert (last.base, last.name, last.steps) == ("python:3.13", "1", [Step("USER", "7")])
    with pytest.raises(ValueError, match="RUN comes before FROM"):
        stages("RUN true")


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ("", ["a.py", "b/a.py", "b/c/d.so"]),
        ("b", ["a.py"]),
        ("*\n!b", ["b/a.py", "b/c/d.so"]),
        ("*\n!b\n**/*.so", ["b/a.py"]),
        ("# a.py\n*.py", ["b/a.py", "b/c/d.so"]),
        ("b/*/d.so", ["a.py", "b/a.py"]),
    ],
)
def test_context_is_what_docker_would_send(ignored: str, left: list[str]) -> None:
    assert list(in_context(["a.py", "b/a.py", "b/c/d.so"], ignored)) == left


def test_image_is_built_from_the_product_alone() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    sent = set(in_context([*names, "src/marscrop/native/_native.abi3.so"], IGNORED))
    source = {name for name in names if name.startswith("src/")}
    assert source <= sent
    assert sent - source == {
        *("Dockerfile", "LICENSE", "README.md", "hatch_build.py", "pyproject.toml"),
        "requirements/image.lock",
    }


def test_image_runs_as_a_user_of_its_own_and_is_asked_for_its_health() -> None:
    assert all("-slim-" in stage.base for stage in DOCKERFILE), "names a release of Debian"
    words = [step.word for step in DOCKERFILE[-1].steps]
    assert {"USER", "HEALTHCHECK", "ENTRYPOINT", "STOPSIGNAL"} <= set(words)
    assert "RUN" not in words[words.index("USER") :]
