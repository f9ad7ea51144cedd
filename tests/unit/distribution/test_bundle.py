"""A bundle: what is in it, and that no byte of it can change or be missing without being named."""

from __future__ import annotations

import dataclasses
import tarfile
import threading
from pathlib import Path

import pytest

from lab_helpers import locks
from lab_helpers.distribution.bundle import archive, creation, environment
from lab_helpers.distribution.bundle.manifest import Manifest, Member
from lab_helpers.errors import LabError, Unwritable
from tests.commands import run_lab
from tests.unit.distribution.bundles import World, git, twice

MANIFEST = Manifest("1.0.0", "c0ffee", "debian 12", "amd64", ("git", "make"), (Member("a file", 3, 8, "ab" * 32),))


def test_a_manifest_says_what_was_written() -> None:
    assert Manifest.parse(str(MANIFEST)) == MANIFEST


@pytest.mark.parametrize(("old", "new"), [("c0ffee", "c0ffef"), ("git make", "git"), (" 3 ", " 4 "), ("\n\n", "\n")])
def test_a_manifest_that_was_changed_is_refused(old: str, new: str) -> None:
    with pytest.raises(LabError, match=r"differs|cannot be read"):
        Manifest.parse(str(MANIFEST).replace(old, new))


def test_a_manifest_of_another_format_is_refused() -> None:
    with pytest.raises(LabError, match="of no format"):
        Manifest.parse(str(MANIFEST).replace("format: 1", "format: 2"))


def test_the_script_is_first_and_the_manifest_last(world: World) -> None:
    with tarfile.open(world.create()) as tar:
        names = tar.getnames()
    assert names == [
        "install.sh",
        "checkout.bundle",
        "packages/Packages",
        "cache/environment/5eed.tar.zst",
        "cache/binaries/archive-1/kubectl.tar.zst",
        "cache/images/web-1f2e.tar.zst",
        "cache/manifests/web.json.tar.zst",
        "manifest",
    ]
    manifest = archive.verify(world.file)
    assert manifest.revision == git(world.checkout, "rev-parse", "HEAD")
    assert [member.name for member in manifest.members] == names[:-1]


def test_the_same_content_makes_the_same_bundle(world: World) -> None:
    assert world.create().read_bytes() == world.create().read_bytes()


def test_each_file_that_was_changed_is_named(world: World) -> None:
    whole = world.create().read_bytes()
    with tarfile.open(world.file) as tar:
        places = {member.name: member.offset_data + member.size // 2 for member in tar if member.size}
    for name, place in places.items():
        changed = bytearray(whole)
        changed[place] ^= 1
        world.file.write_bytes(changed)
        with pytest.raises(LabError, match=f"lab.tar: {name}:? differs"):
            archive.verify(world.file)


def test_a_file_that_is_missing_is_named(world: World) -> None:
    world.create()
    less = world.directory / "less.tar"
    with tarfile.open(world.file) as old, tarfile.open(less, "w") as new:
        for member in old:
            if member.name != "checkout.bundle":
                new.addfile(member, old.extractfile(member))
    with pytest.raises(LabError, match=r"less\.tar: checkout\.bundle is missing"):
        archive.verify(less)


def test_a_file_that_is_there_twice_is_named(world: World) -> None:
    """Which of the two is installed is for whoever reads it to say."""
    world.create()
    name = twice(world)
    with pytest.raises(LabError, match=rf"lab\.tar: {name} differs"):
        archive.verify(world.file)


def test_what_is_no_file_is_named(world: World) -> None:
    world.create()
    link = tarfile.TarInfo("packages/elsewhere")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    with tarfile.open(world.file, "a") as tar:
        tar.addfile(link)
    with pytest.raises(LabError, match=r"lab\.tar: packages/elsewhere is not in its manifest"):
        archive.verify(world.file)


def test_a_commit_meanwhile_is_no_part_of_a_bundle(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(directory: Path, *_rest: object) -> None:
        git(world.checkout, "commit", "--quiet", "--allow-empty", "--message=three")
        directory.mkdir(parents=True)

    monkeypatch.setattr(environment, "write", write)
    with pytest.raises(LabError, match="has another commit than when this began"):
        world.create()
    assert not world.file.exists()


def test_whoever_waits_for_another_one_does_not_touch_its_bundle(world: World) -> None:
    world.file.with_name("lab.tar.part").write_text("half")
    with locks.exclusively(world.makers_cache / "bundle"):
        waiting = threading.Thread(target=world.create)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        assert world.file.with_name("lab.tar.part").read_text() == "half"
    waiting.join(120)
    assert archive.verify(world.file)


def test_a_bundle_that_was_cut_off_is_called_so(world: World) -> None:
    whole = world.create().read_bytes()
    with tarfile.open(world.file) as tar:
        manifest = tar.getmember("manifest")
    for length in range(1024, manifest.offset_data + manifest.size, 997):
        world.file.write_bytes(whole[:length])
        with pytest.raises(LabError, match=r"is cut off or damaged behind|is no bundle"):
            archive.verify(world.file)


def test_what_is_no_bundle_is_called_so(world: World) -> None:
    world.file.write_text("a poem")
    with pytest.raises(LabError, match="is no bundle"):
        archive.verify(world.file)


def test_a_bundle_that_could_not_be_finished_leaves_what_was_there(world: World) -> None:
    world.file.write_text("older")

    def write_half() -> None:
        with archive.writing(world.file) as file:
            file.add("a", world.checkout / "notebooks/01.ipynb")
            raise LabError("out of reach")

    with pytest.raises(LabError, match="out of reach"):
        write_half()
    assert world.file.read_text() == "older"
    assert list(world.directory.glob("lab.tar.*")) == []


def test_a_directory_that_is_missing_is_named(world: World) -> None:
    with pytest.raises(Unwritable, match="cannot be written"):
        creation.create(world.directory / "stick" / "lab.tar", lambda _line: None)


def test_what_is_not_committed_is_refused(world: World) -> None:
    (world.checkout / "mine.txt").touch()
    with pytest.raises(LabError, match="1 file is not committed") as refused:
        world.create()
    assert refused.value.next_step == f"git -C {world.checkout} status"
    assert not world.file.exists()


def test_a_shallow_clone_is_refused(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{world.checkout}", "shallow")
    monkeypatch.setenv("LAB_CHECKOUT", str(tmp_path / "shallow"))
    with pytest.raises(LabError, match="is a shallow clone"):
        world.create()


def test_the_command_tells_a_whole_bundle_from_another(world: World) -> None:
    digest = archive.verify(world.create()).digest
    verified = run_lab("bundle", "verify", str(world.file))
    assert (verified.returncode, verified.stdout.splitlines()[-1]) == (0, f"sha256:{digest}")
    world.file.write_bytes(world.file.read_bytes()[:4096])
    cut_off = run_lab("bundle", "verify", str(world.file))
    assert (cut_off.returncode, cut_off.stdout) == (1, "")
    assert f"{world.file}: is no bundle" in cut_off.stderr  # not even its first file is whole
    assert run_lab("bundle", "verify", str(world.directory / "none.tar")).returncode == 1


def test_the_digest_is_that_of_all_files() -> None:
    other = dataclasses.replace(MANIFEST, members=(Member("a file", 3, 8, "cd" * 32),))
    assert MANIFEST.digest != other.digest
