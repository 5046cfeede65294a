"""scripts/image, with builders that only record how they were called."""

import os
import re
import shutil
from pathlib import Path

import msgspec
import pytest

from function.model import encode_model, read_model, sealed
from knative import image
from tests.programs import Programs

DEFAULT = image.PROJECT / image.MODEL
KEEPS_THE_CONTEXT = "if 'build' in words: shutil.copytree(words[-1], {kept!r}); print('built')"


class Builders(Programs):
    """Programs that build images, and tell what they were given to build."""

    def __init__(self, folder):
        super().__init__(folder)
        self.context = folder / "context"

    def add_builder(self, name):
        self.add(name, KEEPS_THE_CONTEXT.format(kept=str(self.context)))

    def add_minikube(self, *, works=True):
        """A minikube with the cluster "demo", to which kubectl speaks."""
        self.add("kubectl", "print('demo')")
        held = "next(c for c in calls if 'build' in c)[-2]" if works else "'nothing'"
        self.add(
            "minikube",
            f"""
calls = [json.loads(line) for line in log.read_text().splitlines()]
if 'profile' in words: print(json.dumps(dict(invalid=[], valid=[dict(Name='demo')])))
if 'ls' in words: print('registry.k8s.io/pause:3.10', {held}, sep='\\n')""",
        )

    def calls_of(self, program):
        return [call[1:] for call in self.calls() if call[0] == program]


@pytest.fixture
def programs(tmp_path, monkeypatch):
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(image, "SCRATCH", tmp_path / "build")
    return Builders(folder)


@pytest.fixture
def other_model(tmp_path):
    model = msgspec.structs.replace(read_model(DEFAULT), threshold=0.25)
    path = tmp_path / "elsewhere" / "other.json"
    path.parent.mkdir()
    path.write_bytes(encode_model(sealed(model)))
    return path


def digest_of(folder, model=DEFAULT):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    image.stage(model, folder)
    return image.digest(folder)


def test_the_name_alone_is_on_standard_output(programs, capfd):
    programs.add_builder("docker")
    image.main([])
    written = capfd.readouterr()
    version = read_model(DEFAULT).version
    assert re.fullmatch(rf"dev\.local/fraud:{version}-[0-9a-f]{{7}}\n", written.out)
    assert "built" in written.err


def test_the_builder_gets_what_the_dockerfile_copies_and_the_model(programs, other_model):
    programs.add_builder("docker")
    image.main(["--model", str(other_model)])
    files = {p.relative_to(programs.context) for p in programs.context.rglob("*") if p.is_file()}
    kept = {path for path in files if path.parts[0] != "function"}
    assert kept == {Path("Dockerfile"), Path("requirements/function.txt")}
    assert Path("function/main.py") in files
    assert not any("__pycache__" in path.parts for path in files)
    assert (programs.context / image.MODEL).read_bytes() == other_model.read_bytes()


def test_the_dockerfile_finds_the_model_and_all_it_copies_where_they_are_laid(tmp_path):
    image.stage(DEFAULT, tmp_path)
    dockerfile = (tmp_path / "Dockerfile").read_text()
    assert f"ARG MODEL={image.MODEL}\nCOPY ${{MODEL}} " in dockerfile
    for source in re.findall(r"^COPY ([^-$]\S*) ", dockerfile, re.MULTILINE):
        assert (tmp_path / source).exists()


def test_nothing_is_left_behind(programs):
    programs.add_builder("docker")
    image.main([])
    assert list(image.SCRATCH.iterdir()) == []


def test_the_user_in_the_container_can_read_what_a_strict_umask_hides(tmp_path):
    old = os.umask(0o077)
    try:
        image.stage(DEFAULT, tmp_path)
    finally:
        os.umask(old)
    assert (tmp_path / "function").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / image.MODEL).stat().st_mode & 0o777 == 0o644


def test_equal_content_has_one_name(tmp_path):
    assert digest_of(tmp_path / "one") == digest_of(tmp_path / "two")


def test_another_model_has_another_name(programs, other_model, capfd):
    programs.add("docker")
    image.main([])
    image.main(["--model", str(other_model)])
    first, second = capfd.readouterr().out.split()
    assert first.partition("-")[0] != second.partition("-")[0]
    assert first.rpartition("-")[2] != second.rpartition("-")[2]


@pytest.mark.parametrize("file", ["Dockerfile", "requirements/function.txt", "function/main.py"])
def test_other_code_has_another_name(file, tmp_path, monkeypatch):
    project = tmp_path / "project"
    project.mkdir()
    image.stage(DEFAULT, project)
    monkeypatch.setattr(image, "PROJECT", project)
    before = digest_of(tmp_path / "stage")
    with (project / file).open("a") as changed:
        changed.write("# changed\n")
    assert digest_of(tmp_path / "stage") != before


def test_compiled_code_does_not_count(tmp_path, monkeypatch):
    project = tmp_path / "project"
    project.mkdir()
    image.stage(DEFAULT, project)
    monkeypatch.setattr(image, "PROJECT", project)
    before = digest_of(tmp_path / "stage")
    (project / "function" / "__pycache__").mkdir()
    (project / "function" / "__pycache__" / "main.pyc").write_bytes(b"compiled")
    assert digest_of(tmp_path / "stage") == before


def test_a_file_that_is_no_model_ends_the_command_before_a_build(programs, tmp_path):
    programs.add("docker")
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(SystemExit, match=r"scripts/image: The model file .*bad\.json is not a"):
        image.main(["--model", str(tmp_path / "bad.json")])
    assert programs.calls_of("docker") == []


def test_a_project_that_cannot_be_copied_ends_the_command(programs, tmp_path, monkeypatch):
    programs.add("docker")
    monkeypatch.setattr(image, "PROJECT", tmp_path)
    with pytest.raises(SystemExit, match=r"image is made of cannot be copied: .*/Dockerfile"):
        image.main(["--model", str(DEFAULT)])


def test_minikube_builds_where_kubectl_speaks_to_one_of_its_clusters(programs):
    programs.add_minikube()
    programs.add("docker")
    assert image.choose_builder() == image.Builder("minikube", "demo")


def test_minikube_does_not_build_for_another_cluster(programs):
    programs.add_minikube()
    programs.add("kubectl", "print('production')")
    programs.add("docker")
    assert image.choose_builder() == image.Builder("docker")


@pytest.mark.parametrize("says", ["sys.exit('no context')", "print('no JSON')"])
def test_a_minikube_or_kubectl_that_is_not_set_up_does_not_matter(programs, says):
    programs.add("kubectl", says)
    programs.add("minikube", says)
    programs.add("podman")
    assert image.choose_builder() == image.Builder("podman")


@pytest.mark.parametrize(
    ("installed", "chosen"),
    [
        (["docker", "podman", "buildah"], "docker"),
        (["podman", "buildah"], "podman"),
        (["buildah"], "buildah"),
    ],
)
def test_the_first_builder_that_is_installed_is_taken(programs, installed, chosen):
    for name in installed:
        programs.add(name)
    assert image.choose_builder() == image.Builder(chosen)


@pytest.mark.usefixtures("programs")
def test_without_a_builder_one_sentence_says_what_to_install():
    with pytest.raises(SystemExit, match="install one of docker, podman, buildah, or make a mini"):
        image.main([])


@pytest.mark.usefixtures("programs")
def test_a_builder_that_was_named_has_to_be_there():
    with pytest.raises(SystemExit, match=r"scripts/image: podman is not installed\."):
        image.main(["--builder", "podman"])


def test_a_build_that_fails_prints_no_name(programs, capfd):
    programs.add("docker", "sys.exit('no space left on device')")
    with pytest.raises(SystemExit, match="docker failed with code 1; its own words are above"):
        image.main([])
    written = capfd.readouterr()
    assert written.out == ""
    assert "no space left on device" in written.err


def test_minikube_builds_in_its_own_form(programs, capfd):
    programs.add_minikube()
    image.main([])
    name = capfd.readouterr().out.strip()
    build = next(call for call in programs.calls_of("minikube") if "build" in call)
    assert build[:-1] == ["image", "build", "--profile", "demo", "--tag", name]


def test_a_build_whose_failure_minikube_hides_prints_no_name(programs, capfd):
    programs.add_minikube(works=False)
    with pytest.raises(SystemExit, match="minikube did not build the image"):
        image.main(["--tag", "dev.local/fraud:mine"])
    assert capfd.readouterr().out == ""


def test_with_minikube_a_name_of_ones_own_is_given_to_what_was_built(programs, capfd):
    programs.add_minikube()
    image.main(["--tag", "dev.local/fraud:mine"])
    last = programs.calls_of("minikube")[-1]
    assert last[:-2] == ["image", "tag", "--profile", "demo"]
    assert re.fullmatch(r"dev\.local/fraud:\w{12}-\w{7}", last[-2])
    assert last[-1] == capfd.readouterr().out.strip() == "dev.local/fraud:mine"


def test_a_name_of_ones_own_is_pushed_to_its_registry(programs, capfd):
    programs.add("docker")
    image.main(["--tag", "registry.example/fraud:1", "--push"])
    build, push = programs.calls_of("docker")
    assert build[:3] == ["build", "--tag", "registry.example/fraud:1"]
    assert push == ["push", "registry.example/fraud:1"]
    assert capfd.readouterr().out == "registry.example/fraud:1\n"


def test_without_a_registry_nothing_can_be_pushed(programs, capsys):
    programs.add("docker")
    with pytest.raises(SystemExit):
        image.main(["--push"])
    assert "--push needs --tag with a name in your registry" in capsys.readouterr().err
    assert programs.calls_of("docker") == []


def test_minikube_is_not_asked_to_push(programs):
    programs.add_minikube()
    with pytest.raises(SystemExit, match="minikube cannot be trusted to push"):
        image.main(["--tag", "registry.example/fraud:1", "--push"])
    assert not any("build" in call for call in programs.calls_of("minikube"))
