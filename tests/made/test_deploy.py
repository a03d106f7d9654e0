"""What runs a build: manifests and scripts of a server written out by hand, and the server of a made-up build."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llama_advisor.deploy.server import Plan, Server
from llama_advisor.deploy.targets import TARGETS
from llama_advisor.engine.decide import Advisor
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Vendor
from llama_advisor.knowledge.engine import Deploying
from llama_advisor.knowledge.layers import Layer
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

ANY = "0.0.0.0"  # noqa: S104  (inside the container)
SHARED = "/dev/shm"  # noqa: S108
COMMON = Deploying(
    steps=(), picture="", proxy_image="proxy:1", python_image="python:3", shared_port=8080, files_factor=1.5, host_gib=4,
    start_minutes=5, rounds=4, sources=(),
)  # fmt: skip
VENDOR = Vendor(
    id="maker", kinds=("consumer-gpu",), visible_devices="DEVICES", resource="maker.com/gpu", driver="maker", sources=()
)
FILES = VENDOR._replace(driver="", device_files=("/dev/a", "/dev/b"))
ONE = Server(
    name="small-w4", image="made/run:1", command=["run", "a $b"], load="", probe=[], others=[], environment={}, port=8000,
    health="/health", devices=1, nodes=1, copies_here=1, copies=1, vendor=VENDOR, host_gib=5, files_gib=7, cache="/cache",
    gated=False, common=COMMON,
)  # fmt: skip


def plan(server: Server = ONE, **more: Any) -> Any:
    return SimpleNamespace(title="A title", server=server, **more)


def of(target: str, made: Any) -> Any:
    """The documents of a manifest, and the comments above them."""
    text = TARGETS[target](made)
    return [line for line in text.splitlines() if line.startswith("#")], list(yaml.safe_load_all(text))


SERVICE = {
    "image": "made/run:1", "entrypoint": ["run", "a $$b"], "volumes": ["models:/cache"], "restart": "unless-stopped", "ipc": "host",
}  # fmt: skip


def reserved(*numbers: str) -> dict[str, Any]:
    devices = {"driver": "maker", "device_ids": [*numbers], "capabilities": ["gpu"]}
    return {"deploy": {"resources": {"reservations": {"devices": [devices]}}}}


PORT = {"ports": ["8000:8000"]}
TOKEN = {"HF_TOKEN": "${HF_TOKEN:?a token of Hugging Face, after the licence is accepted}"}


@pytest.mark.parametrize(
    ("changed", "services"),
    [
        ({}, {"small-w4": SERVICE | reserved("0") | PORT}),
        ({"devices": 2}, {"small-w4": SERVICE | reserved("0", "1") | PORT}),
        ({"gated": True, "environment": {"A": "b"}}, {"small-w4": SERVICE | {"environment": {"A": "b"} | TOKEN} | reserved("0") | PORT}),
        ({"probe": ["ask", "it"]}, {"small-w4": SERVICE | {
            "healthcheck": {"test": ["CMD", "ask", "it"], "interval": "30s", "start_period": "5m"}} | reserved("0") | PORT}),
        ({"vendor": None}, {"small-w4": SERVICE | {"deploy": {"resources": {"reservations": {"memory": "5g"}}}} | PORT}),
        ({"vendor": FILES, "devices": 2, "environment": {"A": "b"}}, {"small-w4": SERVICE | {
            "devices": ["/dev/a:/dev/a", "/dev/b:/dev/b"], "environment": {"A": "b", "DEVICES": "0,1"}} | PORT}),
        ({"vendor": FILES}, {"small-w4": SERVICE | {"devices": ["/dev/a:/dev/a", "/dev/b:/dev/b"], "environment": {"DEVICES": "0"}} | PORT}),
        ({"vendor": FILES._replace(visible_devices="")}, {"small-w4": SERVICE | {"devices": ["/dev/a:/dev/a", "/dev/b:/dev/b"]} | PORT}),
        ({"load": "load it at SERVER:1"}, {
            "small-w4": SERVICE | reserved("0") | PORT,
            "small-w4-load": {"image": "made/run:1", "entrypoint": ["sh", "-c", "load it at small-w4:1"], "depends_on": ["small-w4"],
                              "restart": "on-failure"}}),
    ],
)  # fmt: skip
def test_a_compose_file_of_one_copy(changed: dict[str, Any], services: dict[str, Any]) -> None:
    head, (found,) = of("compose", plan(ONE._replace(**changed)))
    assert (head, found) == (["# A title"], {"services": services, "volumes": {"models": {}}})


def test_a_compose_file_of_copies() -> None:
    _, (found,) = of("compose", plan(ONE._replace(devices=2, copies_here=2, copies=6, load="load SERVER")))
    services = found["services"]
    assert list(services) == ["small-w4-0", "small-w4-0-load", "small-w4-1", "small-w4-1-load", "proxy"]
    assert (services["small-w4-0"], services["small-w4-1"]) == (
        SERVICE | reserved("0", "1"),
        SERVICE | reserved("2", "3"),
    )
    assert services["small-w4-1-load"]["entrypoint"] == ["sh", "-c", "load small-w4-1"]
    assert services["proxy"] == {
        "image": "proxy:1",
        "ports": ["8080:8080"],
        "configs": [{"source": "proxy", "target": "/etc/nginx/nginx.conf"}],
        "depends_on": ["small-w4-0", "small-w4-1"],
    }
    assert found["configs"] == {"proxy": {"content": (
        "events {}\nhttp { upstream copies { least_conn; server small-w4-0:8000; server small-w4-1:8000; } server { listen 8080; "
        "location / { proxy_pass http://copies; proxy_buffering off; proxy_read_timeout 1h; } } }\n")}}  # fmt: skip
    assert found["volumes"] == {"models": {}}
    with pytest.raises(InputError, match=r"^--target: compose runs on one node, and this takes 2; try kubernetes$"):
        TARGETS["compose"](plan(ONE._replace(nodes=2)))


READY = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 10}


def container(**changed: Any) -> dict[str, Any]:
    held = {
        "name": "server", "image": "made/run:1", "command": ["run", "a $b"], "env": [], "ports": [{"containerPort": 8000}],
        "resources": {"requests": {"memory": "5Gi"}, "limits": {"maker.com/gpu": 1}},
        "volumeMounts": [{"name": "files", "mountPath": "/cache"}, {"name": "shared-memory", "mountPath": SHARED}],
        "startupProbe": READY | {"failureThreshold": 30}, "readinessProbe": READY,
    }  # fmt: skip
    return {name: value for name, value in (held | changed).items() if value is not None}


def pod(**changed: Any) -> dict[str, Any]:
    claim = {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "7Gi"}}}}
    volumes = [
        {"name": "files", "ephemeral": {"volumeClaimTemplate": claim}},
        {"name": "shared-memory", "emptyDir": {"medium": "Memory"}},
    ]
    return {
        "metadata": {"labels": {"app": "small-w4"}},
        "spec": {"containers": [container(**changed)], "volumes": volumes},
    }


SECRET = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hugging-face", "key": "token"}}}


@pytest.mark.parametrize(
    ("changed", "replicas", "held"),
    [
        ({}, 1, {}),
        ({"copies": 6, "copies_here": 2}, 6, {}),
        ({"gated": True, "environment": {"A": "b"}}, 1, {"env": [{"name": "A", "value": "b"}, SECRET]}),
        ({"vendor": None}, 1, {"resources": {"requests": {"memory": "5Gi"}}}),
        ({"load": "load SERVER"}, 1,
         {"lifecycle": {"postStart": {"exec": {"command": ["sh", "-c", "until load localhost; do sleep 5; done"]}}}}),
    ],
)  # fmt: skip
def test_a_deployment_of_copies_in_one_node_each(changed: dict[str, Any], replicas: int, held: dict[str, Any]) -> None:
    head, documents = of("kubernetes", plan(ONE._replace(**changed)))
    labels, name = {"app": "small-w4"}, {"name": "small-w4"}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod(**held)}
    ports = [{"port": 8000, "targetPort": 8000}]
    assert documents == [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": name, "spec": spec},
        {"apiVersion": "v1", "kind": "Service", "metadata": name, "spec": {"selector": labels, "ports": ports}},
    ]
    first = '# First: kubectl create secret generic hugging-face --from-literal=token="$HF_TOKEN"'
    assert head == ["# A title", first][: 1 + changed.get("gated", False)]


def test_a_copy_over_nodes() -> None:
    made = ONE._replace(nodes=2, copies=3, command=["run", "a b", "${FIRST_NODE}"], others=["run", "${NODE_RANK}"])
    _, (found, service) = of("kubernetes", plan(made))
    where = 'FIRST_NODE="$LWS_LEADER_ADDRESS" NODE_RANK="$LWS_WORKER_INDEX"; '
    assert found == {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "small-w4"},
        "spec": {
            "replicas": 3,
            "leaderWorkerTemplate": {
                "size": 2,
                "leaderTemplate": pod(command=["sh", "-c", f"{where}run 'a b' ${{FIRST_NODE}}"]),
                "workerTemplate": pod(
                    command=["sh", "-c", f"{where}run ${{NODE_RANK}}"], startupProbe=None, readinessProbe=None
                ),
            },
        },
    }
    assert service["spec"]["selector"] == {"app": "small-w4", "leaderworkerset.sigs.k8s.io/worker-index": "0"}


def step(name: str, run: str, language: str = "sh") -> Any:
    return SimpleNamespace(step=name, run=run, language=language)


def test_a_script() -> None:
    steps = [
        step("install", "get it"),
        step("make", "a\nb", "python"),
        step("start", "run it"),
        step("request", "ask it"),
    ]
    build = SimpleNamespace(engine=SimpleNamespace(health="/health"))

    def script(start: str = "run it", port: int | None = 80) -> str:
        steps[2] = step("start", start)
        return TARGETS["shell"](plan(steps=steps, values={"port": port}, build=build))

    assert script() == (
        "#!/bin/sh\n# A title\nset -eu\n\n# Install\nget it\n\n# Make the files\n# in python:\n#   a\n#   b\n\n# Start\nrun it &\n"
        'server=$!\nuntil curl -fs -o /dev/null http://localhost:80/health; do kill -0 "$server" || exit 1; sleep 5; done\n\n'
        "# Try one request\nask it\n"
    )  # fmt: skip
    assert "\n# Start\n( for each do run it ) &\nserver=$!\n" in script("for each do run it")
    assert "\n# Start\nrun it\n\n# Try one request\nask it\n" in script(port=None)


def machine(*, image: bool = True) -> dict[str, Any]:
    """A build on a card, as much of it as a unit goes by."""
    device = SimpleNamespace(vendor="maker", kind="consumer-gpu")
    images = (SimpleNamespace(vendors=(), kinds=()),) if image else ()
    engine = SimpleNamespace(images=images, name="Engine", modelfile="", health="")
    held = SimpleNamespace(engine=engine, machine=SimpleNamespace(device=device), model=SimpleNamespace(id="small"))
    return {"build": held, "values": {"port": 80}, "base": SimpleNamespace(deploying=COMMON)}


def test_a_unit_escapes_what_systemd_reads() -> None:
    steps = [step("start", "never", "python"), step("start", 'run "$A" 5% \\x')]
    made = plan(steps=steps, **machine())
    made.title = "50% better"
    lines = TARGETS["systemd"](made).splitlines()
    assert lines[:3] == [
        "# 50% better; save it as /etc/systemd/system/small.service",
        "[Unit]",
        "Description=50%% better",
    ]
    assert lines[11:14] == [
        'ExecStart=/bin/sh -c "run \\"$$A\\" 5%% \\\\x"',
        "Restart=on-failure",
        "TimeoutStartSec=5min",
    ]
    for wrong in (
        plan(steps=steps[:1], **machine()),
        plan(steps=steps, **machine(image=False)),
        plan(steps=steps, **(machine() | {"values": {"port": None}})),
        plan(steps=[step("install", "x")], **machine()),
    ):
        with pytest.raises(
            InputError, match=r"^--target: there is no server for a Linux host here; --target shell prints the steps$"
        ):
            TARGETS["systemd"](wrong)


def test_a_modelfile_is_filled_in() -> None:
    engine = SimpleNamespace(modelfile="FROM {file}\nPARAMETER num_ctx {n}", name="Engine")
    build = SimpleNamespace(engine=engine)
    made = plan(build=build, values={"file": 'a "b"', "n": 8})
    assert TARGETS["modelfile"](made) == '# A title\nFROM "a \\"b\\""\nPARAMETER num_ctx 8\n'
    for template, values in (("", {}), ("FROM {file}", {"file": None})):
        engine.modelfile = template
        with pytest.raises(InputError, match=r"^--target: Engine takes no Modelfile; add --engine for one that does$"):
            TARGETS["modelfile"](plan(build=build, values=values))


CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(
    ("values", "body", "lines"),
    [
        ({"asked_port": 81, "port": 80}, CHAT, [
            '"""A title. Needs `pip install openai`."""', "", "from openai import OpenAI", "",
            'client = OpenAI(base_url="http://localhost:81/v1", api_key="none")', "answer = client.chat.completions.create(",
            "    model='m',", "    messages=[{'role': 'user', 'content': 'Hi'}],", ")", "print(answer.choices[0].message.content)"]),
        ({"base_url": "https://a.example/v1", "key_variable": "KEY", "port": None}, {"model": "m", "prompt": "Hi"}, [
            '"""A title. Needs `pip install openai`."""', "", "import os", "", "from openai import OpenAI", "",
            'client = OpenAI(base_url="https://a.example/v1", api_key=os.environ["KEY"])', "answer = client.completions.create(",
            "    model='m',", "    prompt='Hi',", ")", "print(answer.choices[0].text)"]),
        ({"base_url": "https://$A.example/v1", "key_variable": "KEY", "port": None}, {"prompt": "Hi"}, [
            '"""A title. Needs `pip install openai`."""', "", "import os", "", "from openai import OpenAI", "",
            'client = OpenAI(base_url=os.path.expandvars("https://$A.example/v1"), api_key=os.environ["KEY"])',
            "answer = client.completions.create(", "    prompt='Hi',", ")", "print(answer.choices[0].text)"]),
    ],
)  # fmt: skip
def test_a_client(values: dict[str, Any], body: dict[str, Any], lines: list[str]) -> None:
    assert TARGETS["python"](plan(values=values | {"body": json.dumps(body)})) == "\n".join(lines) + "\n"


def test_no_client_without_a_server() -> None:
    with pytest.raises(
        InputError, match=r"^--target: there is no OpenAI-compatible server here; --target shell prints the steps$"
    ):
        TARGETS["python"](plan(values={"port": None, "body": "{}"}))


@pytest.fixture(scope="module")
def planned(made: RuleBase) -> Callable[..., Plan]:
    """Plan the best build of a scenario, an engine changed before."""
    (layer,) = made.layers

    def answered(needs: dict[str, Any], changed: dict[str, Any] | None = None, adapter: str | None = None) -> Plan:
        data = dict(layer.files["engines/paged.yaml"]) | (changed or {})
        files = layer.files | {"engines/paged.yaml": data}
        base = RuleBase((Layer(layer.root, "made", "made", files),), made.facts)
        asked = Scenario.model_validate({"use_cases": ["talk"], "only": {"engines": ["paged"]}} | needs)
        build = Advisor(base, DAY).answer(asked).build
        assert build is not None
        return Plan(build, base, adapter)

    return answered


DAY = date(2026, 11, 24)
RACK: dict[str, Any] = {"hardware": "rack"}
LARGE = RACK | {"only": {"models": ["large"], "quantizations": ["w4"], "engines": ["paged"]}}
BARE = {"steps": [{"step": "start", "run": "A=1 B='x y' paged {weights} --at {host} [[{node_flags}]]"}]}
OVER = {"hardware": "2 nodes of rack", "only": {"models": ["large"], "quantizations": ["w16"], "engines": ["paged"]}}
IMAGE = {"image": "made/paged:{version}", "kinds": ["datacentre-gpu"]}


@pytest.mark.parametrize(
    ("needs", "changed", "said"),
    [
        # Large in w4 weighs 8 GiB, of which 1.5 times are downloaded; 4 GiB of host memory beside none of the weights.
        (LARGE, {}, {"name": "large-w4", "image": "made/paged:1.0", "port": 8000, "devices": 1, "nodes": 1, "copies_here": 1,
                     "copies": 1, "host_gib": 4, "files_gib": 12, "cache": "/root/.cache", "gated": False, "environment": {},
                     "load": "", "probe": [], "others": [], "health": "",
                     "command": ["/bin/paged", "made/large", "--four", "--context", "8192", "--requests", "1"]}),
        (LARGE, BARE, {"command": ["/bin/paged", "made/large", "--at", ANY], "environment": {"A": "1", "B": "x y"}}),
        (LARGE, BARE | {"images": [IMAGE | {"packages": ["one=={version}", "two"], "cache": "/c", "probe": "ask {port}"}]},
         {"command": ["sh", "-c", "pip install one==1.0 two && exec paged made/large --at " + ANY], "cache": "/c", "probe": ["ask", "8000"]}),
        (LARGE, BARE | {"steps": [*BARE["steps"], {"step": "load", "run": "load {weights} at {server}"}]}, {"load": "load made/large at SERVER"}),
        (LARGE | {"hardware": "4x rack", "concurrent_requests": 16}, {"tensor_parallel": False}, {"devices": 1, "copies_here": 4, "copies": 4}),
        (OVER, BARE, {"nodes": 2, "devices": 1, "copies_here": 1, "copies": 1, "files_gib": 48,
                      "command": ["/bin/paged", "made/large", "--at", ANY, "--first"],
                      "others": ["/bin/paged", "made/large", "--at", ANY, "--other"]}),
        (OVER | {"hardware": "4 nodes of rack"}, BARE, {"nodes": 2, "copies": 2}),  # 16 + 4 + 1 GiB in each
    ],
)  # fmt: skip
def test_the_server_of_a_build(
    needs: dict[str, Any], changed: dict[str, Any], said: dict[str, Any], planned: Callable[..., Plan]
) -> None:
    found = planned(needs, changed).server
    assert {name: getattr(found, name) for name in said} == said
    assert (found.vendor and found.vendor.id, found.common.shared_port) == ("maker", 8080)


@pytest.mark.parametrize(
    ("needs", "changed", "told"),
    [
        (LARGE, {"images": []}, "Paged on rack is no server in a container here; --target shell prints its steps"),
        (LARGE, {"port": None}, "Paged on rack is no server in a container here; --target shell prints its steps"),
        (LARGE, {"steps": []}, "Paged on rack is no server in a container here; --target shell prints its steps"),
        (LARGE, {"steps": [{"step": "start", "run": "x", "language": "swift"}]},
         "Paged on rack is no server in a container here; --target shell prints its steps"),
        (LARGE, {"images": [IMAGE | {"image": "made/{file}"}]}, "Paged on rack is no server in a container here; --target shell prints its steps"),
        (LARGE, {"steps": [{"step": "make", "run": "x"}, *BARE["steps"]]}, "its files are to be made first; --target shell says how"),
        (OVER, {"steps": [{"step": "start", "run": "x"}]},
         "how this release spans nodes is not written as a manifest; --target shell says it"),
        (OVER, BARE | {"images": [IMAGE | {"packages": ["one"]}]},
         "how this release spans nodes is not written as a manifest; --target shell says it"),
    ],
)  # fmt: skip
def test_what_is_no_server_in_a_container(
    needs: dict[str, Any], changed: dict[str, Any], told: str, planned: Callable[..., Plan]
) -> None:
    with pytest.raises(InputError) as refused:
        _ = planned(needs, changed).server
    assert str(refused.value) == f"--target: {told}"


def test_a_plan_has_a_title_and_takes_an_adapter(planned: Callable[..., Plan]) -> None:
    assert planned(LARGE).title == "Large, w4, Paged on rack"
    with pytest.raises(InputError, match=r"^--adapter: how Paged takes one is not known here$"):
        planned(LARGE, None, "mine")
    flags = {
        "images": [],
        "adapter_flags": "--with x={adapter}",
        "steps": [{"step": "start", "run": "run [[{adapter_flags}]]"}],
    }
    assert [step.run for step in planned(LARGE, flags, "my own").steps] == ["run --with x='my own'"]
    assert [step.run for step in planned(LARGE, flags).steps] == ["run"]
