"""scripts/cluster, with a minikube and a kubectl that only record how they were called."""

import shlex
import socket

import pytest

from knative import minikube
from tests.programs import Programs

ANSWERS = "if 'get' in words: print('127.0.0.1', end='')"


@pytest.fixture
def programs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(minikube, "PAUSE", 0)
    made = Programs(tmp_path)
    made.add("minikube")
    made.add("kubectl", ANSWERS)
    return made


@pytest.fixture
def gateway(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(minikube, "GATEWAY_PORT", server.getsockname()[1])
        yield


def dry_run(capsys, *options):
    minikube.main(["--dry-run", *options])
    lines = capsys.readouterr().out.splitlines()
    return [shlex.split(line) for line in lines if not line.startswith("#")]


def position(commands, *words):
    return next(i for i, command in enumerate(commands) if set(words) <= set(command))


def test_a_dry_run_runs_nothing(programs):
    minikube.main(["--dry-run"])
    assert not programs.log.exists()


def test_a_dry_run_names_the_tunnel_that_the_operator_has_to_start(capsys):
    minikube.main(["--dry-run", "--profile", "demo"])
    assert "#     minikube tunnel --profile demo\n" in capsys.readouterr().out


@pytest.mark.usefixtures("gateway")
def test_a_run_runs_what_the_dry_run_printed(programs, capsys):
    printed = dry_run(capsys, "--profile", "demo", "--cpus", "2", "--memory", "4g")
    minikube.main(["--profile", "demo", "--cpus", "2", "--memory", "4g"])
    assert programs.calls() == printed


def test_the_options_reach_minikube(capsys):
    commands = dry_run(capsys, "--profile", "demo", "--cpus", "2", "--memory", "4g")
    start = commands[position(commands, "minikube", "start")]
    assert shlex.join(start[2:]) == (
        f"--profile demo --kubernetes-version {minikube.KUBERNETES} --cpus 2 --memory 4g"
    )


def test_kinds_come_before_what_is_of_them_and_the_webhook_before_what_it_judges(capsys):
    commands = dry_run(capsys)
    places = [
        position(commands, "start"),
        position(commands, f"{minikube.SERVING}/serving-crds.yaml"),
        position(commands, "--for=condition=Established"),
        position(commands, f"{minikube.SERVING}/serving-core.yaml"),
        position(commands, "--for=condition=Available", "knative-serving"),
        position(commands, f"{minikube.KOURIER}/kourier.yaml"),
        position(commands, "configmap/config-network"),
        position(commands, "--for=condition=Available", "kourier-system"),
        position(commands, f"{minikube.EVENTING}/eventing-crds.yaml"),
        position(commands, f"{minikube.EVENTING}/eventing-core.yaml"),
        position(commands, "--for=condition=Available", "knative-eventing"),
        position(commands, f"{minikube.EVENTING}/in-memory-channel.yaml"),
        position(commands, f"{minikube.EVENTING}/mt-channel-broker.yaml"),
        position(commands, "service/kourier"),
        position(commands, f"{minikube.SERVING}/serving-default-domain.yaml"),
        position(commands, "--for=condition=Complete"),
    ]
    assert places == sorted(places)
    assert places[-1] == len(commands) - 1


def test_no_kubectl_command_can_reach_another_cluster(capsys):
    commands = [c for c in dry_run(capsys, "--profile", "demo") if c[0] == "kubectl"]
    assert commands[0] == ["kubectl", "version", "--client"]
    assert all(command[1:3] == ["--context", "demo"] for command in commands[1:])


def test_no_step_fails_because_it_was_done_before(capsys):
    repeatable = {"version", "start", "apply", "wait", "patch", "get"}
    for command in dry_run(capsys):
        verb = command[3] if command[1] == "--context" else command[1]
        assert verb in repeatable or "--ignore-not-found" in command


@pytest.mark.usefixtures("gateway")
def test_a_second_run_does_the_same_again(programs):
    minikube.main([])
    first = programs.calls()
    minikube.main([])
    assert programs.calls() == first * 2


def test_without_minikube_one_sentence_says_how_to_get_it(programs):
    (programs.folder / "minikube").unlink()
    with pytest.raises(SystemExit) as end:
        minikube.main([])
    assert end.value.code == (
        "scripts/cluster: minikube is not installed; "
        "https://minikube.sigs.k8s.io/docs/start/ says how to get it."
    )


def test_without_kubectl_no_cluster_is_made(programs):
    (programs.folder / "kubectl").unlink()
    with pytest.raises(SystemExit, match="kubectl is not installed; https://kubern"):
        minikube.main([])
    assert not programs.log.exists()


def test_a_step_that_fails_ends_the_command_with_its_words(programs):
    programs.add("kubectl", "if 'serving-core.yaml' in words[-1]: sys.exit('error: no such host')")
    with pytest.raises(SystemExit) as end:
        minikube.main([])
    assert end.value.code == "scripts/cluster: kubectl failed: error: no such host"
    assert programs.calls()[-1][-1].endswith("serving-core.yaml")


def test_minikubes_own_words_are_shown_while_it_starts(programs, capfd):
    programs.add("minikube", "print('Exiting: not enough CPUs'); sys.exit(29)")
    with pytest.raises(SystemExit, match="minikube failed with code 29; its own words are above"):
        minikube.main([])
    written = capfd.readouterr()
    assert "Exiting: not enough CPUs" in written.err
    assert written.out == ""


@pytest.mark.usefixtures("gateway")
def test_a_webhook_that_is_not_up_yet_is_waited_for(programs):
    programs.add(
        "kubectl",
        f"""{ANSWERS}
if 'patch' in words and log.read_text().count('"patch"') < 3:
    sys.exit('Internal error: failed calling webhook "config.webhook.serving.knative.dev"')""",
    )
    minikube.main([])
    assert sum("patch" in call for call in programs.calls()) == 3


def test_a_webhook_that_never_comes_up_ends_the_command(programs):
    programs.add("kubectl", "if 'apply' in words: sys.exit('failed calling webhook \"w\"')")
    with pytest.raises(SystemExit, match='failed calling webhook "w"'):
        minikube.main([])
    assert sum("apply" in call for call in programs.calls()) == minikube.ATTEMPTS


@pytest.mark.usefixtures("programs", "gateway")
def test_a_tunnel_that_runs_is_not_asked_for(capsys):
    minikube.main([])
    assert "tunnel" not in capsys.readouterr().err


@pytest.mark.usefixtures("gateway")
def test_a_tunnel_that_does_not_run_is_asked_for_once_and_waited_for(programs, capsys, monkeypatch):
    monkeypatch.setattr(minikube.time, "sleep", lambda _: None)
    programs.add(
        "kubectl",
        "if 'get' in words and log.read_text().count('\"get\"') > 3: print('127.0.0.1', end='')",
    )
    minikube.main(["--profile", "demo"])
    assert capsys.readouterr().err.count("    minikube tunnel --profile demo\n") == 1
    assert programs.calls()[-1][-3:-1] == ["--namespace", "knative-serving"]


@pytest.mark.usefixtures("programs")
def test_an_address_that_does_not_answer_is_not_ready(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(minikube, "GATEWAY_PORT", server.getsockname()[1])
    monkeypatch.setattr(minikube, "PATIENCE", 0)
    with pytest.raises(SystemExit, match="Kourier did not answer on port"):
        minikube.main([])
