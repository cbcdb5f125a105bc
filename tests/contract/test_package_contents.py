"""What `scripts/check-package` would say of a package that lacks something, or holds too much."""

from __future__ import annotations

from scripts.package_contents import PRODUCT, archive_faults, metadata_faults, wheel_faults

FILES = {*PRODUCT.essential, "marscrop/__init__.py"}
INSIDE = FILES | PRODUCT.built
LICENCES = ("licenses/LICENSE", "licenses/src/marscrop/models/LICENSES.md")
ABOUT = [
    f"marscrop-1.dist-info/{name}"
    for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", *LICENCES)
]
ARCHIVE = [
    f"marscrop-1/{name}"
    for name in (
        *("README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "hatch_build.py"),
        *(".gitignore", "PKG-INFO"),
        "src/marscrop/__init__.py",
    )
]
METADATA = b"""Metadata-Version: 2.4
Name: marscrop
Version: 1.0
Summary: Crops
License-Expression: MIT
Requires-Python: >=3.11
Description-Content-Type: text/markdown

# marscrop
"""


def test_whole_wheel_is_without_fault() -> None:
    assert wheel_faults(PRODUCT, [*INSIDE, *ABOUT], FILES) == []


def test_what_a_wheel_lacks_is_named() -> None:
    assert wheel_faults(PRODUCT, [*(INSIDE - {"marscrop/py.typed"}), *ABOUT], FILES) == [
        "wheel: marscrop/py.typed is missing"
    ]
    assert wheel_faults(PRODUCT, [*INSIDE, *ABOUT[:-1]], FILES) == [
        "wheel's metadata: licenses/src/marscrop/models/LICENSES.md is missing"
    ]


def test_essential_is_missed_even_if_git_has_lost_it() -> None:
    without = FILES - {"marscrop/models/default/meta.onnx"}
    faults = ["wheel: marscrop/models/default/meta.onnx is missing"]
    assert wheel_faults(PRODUCT, [*without, *PRODUCT.built, *ABOUT], without) == faults


def test_a_model_may_have_a_part_that_sees_subjects() -> None:
    subjects = "marscrop/models/default/subjects.onnx"
    assert wheel_faults(PRODUCT, [*INSIDE, subjects, *ABOUT], FILES | {subjects}) == []
    archive = ["src/marscrop/__init__.py", f"src/{subjects}"]
    assert archive_faults(PRODUCT, [*ARCHIVE, f"marscrop-1/src/{subjects}"], set(archive)) == []


def test_what_is_too_much_is_named() -> None:
    assert wheel_faults(PRODUCT, [*INSIDE, "tests/photo.jpg", *ABOUT], FILES) == [
        "wheel: tests/photo.jpg does not belong there"
    ]
    faults = ["source archive: shared/DESIGN.md does not belong there"]
    files = {"src/marscrop/__init__.py"}
    assert archive_faults(PRODUCT, [*ARCHIVE, "marscrop-1/shared/DESIGN.md"], files) == faults


def test_whole_archive_is_without_fault() -> None:
    assert archive_faults(PRODUCT, ARCHIVE, {"src/marscrop/__init__.py"}) == []


def test_metadata_that_an_index_takes() -> None:
    assert metadata_faults(METADATA) == []


def test_metadata_that_it_would_refuse() -> None:
    (fault,) = metadata_faults(METADATA.replace(b"MIT", b"Some licence"))
    assert "license" in fault.lower()
    assert metadata_faults(METADATA.replace(b"Summary: Crops\n", b"")) == [
        "metadata: description, summary, licence or Python is missing"
    ]
