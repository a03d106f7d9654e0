"""Plans as files: a shell script, Docker Compose, Kubernetes, systemd, a Modelfile, a Python client."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import yaml

from llama_advisor.deploy.server import SELF, Plan, Server
from llama_advisor.engine.launch import filled, image_of
from llama_advisor.text.errors import InputError
from llama_advisor.text.tables import made, table

TOKEN = "HF_TOKEN"  # noqa: S105 - the name of a variable
SECRET = "hugging-face"  # noqa: S105 - the name of a secret
WORDS = table(__file__)  # Headings of steps in a script, and files as templates, line by line.


def shell(plan: Plan) -> str:
    """Return a script; a server starts in the background and is waited for before it is tried."""
    lines = ["#!/bin/sh", f"# {plan.title}", "set -eu"]
    for step in plan.steps:
        lines += ["", f"# {WORDS['headings'][step.step]}"]
        if step.language != "sh":
            lines += [f"# in {step.language}:", *(f"#   {line}" for line in step.run.splitlines())]
        elif step.step == "start" and plan.values["port"]:
            address = f"http://localhost:{plan.values['port']}{plan.build.engine.health}"
            run = f"( {step.run} )" if " do " in step.run else step.run
            lines += [f"{run} &", "server=$!"]
            lines.append(f'until curl -fs -o /dev/null {address}; do kill -0 "$server" || exit 1; sleep 5; done')
        else:
            lines.append(step.run)
    return "\n".join(lines) + "\n"


def compose(plan: Plan) -> str:
    """Return a compose file: a service for each copy on this machine, and what shares requests among them."""
    server = plan.server
    if server.nodes > 1:
        raise InputError(f"--target: compose runs on one node, and this takes {server.nodes}; try kubernetes")
    many = server.copies_here > 1
    services: dict[str, Any] = {}
    for copy in range(server.copies_here):
        name = f"{server.name}-{copy}" if many else server.name
        services[name] = _service(server, copy) | ({} if many else {"ports": [f"{server.port}:{server.port}"]})
        if server.load:
            loads = {"image": server.image, "entrypoint": ["sh", "-c", server.load.replace(SELF, name)]}
            services[f"{name}-load"] = loads | {"depends_on": [name], "restart": "on-failure"}
    file: dict[str, Any] = {"services": services, "volumes": {"models": {}}}
    if many:
        copies, port = [f"{server.name}-{copy}" for copy in range(server.copies_here)], server.common.shared_port
        upstream = "".join(f"server {name}:{server.port}; " for name in copies)
        given = {"image": server.common.proxy_image, "ports": f"{port}:{port}", "copies": copies}
        services["proxy"] = made(WORDS["balancer"], given)
        file["configs"] = {"proxy": {"content": _templated("proxy", upstream=upstream, port=port)}}
    return f"# {plan.title}\n{_yaml(file)}"


def _templated(name: str, **values: Any) -> str:
    return "\n".join(WORDS[name]).format(**values)


def _service(server: Server, copy: int) -> dict[str, Any]:
    command = [word.replace("$", "$$") for word in server.command]
    service: dict[str, Any] = {"image": server.image, "entrypoint": command}
    variables: dict[str, str] = dict(server.environment)
    if server.gated:
        variables[TOKEN] = f"${{{TOKEN}:?a token of Hugging Face, after the licence is accepted}}"
    if variables:
        service["environment"] = variables
    service |= {"volumes": [f"models:{server.cache}"], "restart": "unless-stopped", "ipc": "host"}
    if server.probe:
        health = {"test": ["CMD", *server.probe], "interval": "30s"}
        service["healthcheck"] = health | {"start_period": f"{server.common.start_minutes}m"}
    vendor = server.vendor
    if vendor and vendor.driver:
        devices = {"driver": vendor.driver, "device_ids": server.device_numbers(copy), "capabilities": ["gpu"]}
        service["deploy"] = {"resources": {"reservations": {"devices": [devices]}}}
    elif vendor:
        service["devices"] = [f"{file}:{file}" for file in vendor.device_files]
        if vendor.visible_devices:
            service.setdefault("environment", {})[vendor.visible_devices] = ",".join(server.device_numbers(copy))
    else:
        service["deploy"] = {"resources": {"reservations": {"memory": f"{server.host_gib}g"}}}
    return service


def kubernetes(plan: Plan) -> str:
    """Return a Deployment, or a LeaderWorkerSet where a copy spans nodes, with its Service."""
    server, first = plan.server, {"app": plan.server.name}
    given: dict[str, Any] = {"labels": first, "pod": _pod(server, server.command, probed=True), **server._asdict()}
    if server.nodes > 1:
        first = first | {"leaderworkerset.sigs.k8s.io/worker-index": "0"}
        given["worker"] = _pod(server, server.others, probed=False)
    kind = WORDS["one_node" if server.nodes == 1 else "nodes"]
    documents = made(kind, given), made(WORDS["service"], given | {"labels": first})
    head = [f"# {plan.title}"]
    if server.gated:
        head.append(f'# First: kubectl create secret generic {SECRET} --from-literal=token="${TOKEN}"')
    return "\n".join(head) + "\n" + "---\n".join(map(_yaml, documents))


def _pod(server: Server, command: list[str], *, probed: bool) -> Any:
    """Return the pod of a copy, or of one node of it."""
    variables: list[dict[str, Any]] = [{"name": name, "value": value} for name, value in server.environment.items()]
    if server.gated:
        variables.append({"name": TOKEN, "valueFrom": {"secretKeyRef": {"name": SECRET, "key": "token"}}})
    if server.nodes > 1:  # its command asks the shell for the address of the first node and its own number
        line = " ".join(word if "${" in word else shlex.quote(word) for word in command)
        command = ["sh", "-c", f'FIRST_NODE="$LWS_LEADER_ADDRESS" NODE_RANK="$LWS_WORKER_INDEX"; {line}']
    probe = {"httpGet": {"path": server.health, "port": server.port}, "periodSeconds": 10}
    loads = ["sh", "-c", f"until {server.load.replace(SELF, 'localhost')}; do sleep 5; done"]
    given = {
        "labels": {"app": server.name},
        "command": command,
        "variables": variables,
        "memory": f"{server.host_gib}Gi",
        "storage": f"{server.files_gib}Gi",
        "limits": {server.vendor.resource: server.devices} if server.vendor else None,
        "starts": probe | {"failureThreshold": server.common.start_minutes * 6} if probed else None,
        "serves": probe if probed else None,
        "loads": {"postStart": {"exec": {"command": loads}}} if server.load else None,
    }
    return made(WORDS["pod"], server._asdict() | given)


def systemd(plan: Plan) -> str:
    """Return a unit that starts the copies of this machine."""
    start = next((step for step in plan.steps if step.step == "start" and step.language == "sh"), None)
    if start is None or not plan.values["port"] or image_of(plan.build) is None:
        raise InputError("--target: there is no server for a Linux host here; --target shell prints the steps")
    return _templated(
        "systemd",
        title=plan.title,
        model=plan.build.model.id,
        escaped_title=plan.title.replace("%", "%%"),
        start=start.run.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$"),
        minutes=plan.base.deploying.start_minutes,
    )


def modelfile(plan: Plan) -> str:
    """Return a Modelfile, for an engine that has one."""
    template = plan.build.engine.modelfile
    text = filled(template, plan.values, "modelfile") if template else None
    if text is None:
        raise InputError(f"--target: {plan.build.engine.name} takes no Modelfile; add --engine for one that does")
    return f"# {plan.title}\n{text}\n"


def python(plan: Plan) -> str:
    """Return a program that asks the server, or the provider, by the openai package."""
    named, provider = plan.values, plan.values.get("base_url")
    if not (provider or named["port"]):
        raise InputError("--target: there is no OpenAI-compatible server here; --target shell prints the steps")
    address = json.dumps(provider or f"http://localhost:{named['asked_port']}/v1")
    address = f"os.path.expandvars({address})" if "$" in address else address
    key = f'os.environ["{named["key_variable"]}"]' if provider else '"none"'
    body = json.loads(named["body"])
    call, answer = ("chat.completions", "message.content") if "messages" in body else ("completions", "text")
    given = "".join(f"    {name}={value!r},\n" for name, value in body.items())
    told = {"title": plan.title, "imports": "import os\n\n" if provider else "", "address": address, "key": key}
    return _templated("python", **told, call=call, given=given, answer=answer)


def _yaml(data: Any) -> str:
    """Write plain data; what occurs twice is written twice, as it is copied."""
    return yaml.safe_dump(json.loads(json.dumps(data)), sort_keys=False, width=110, allow_unicode=True)


TARGETS: dict[str, Callable[[Plan], str]] = {
    write.__name__: write for write in (shell, compose, kubernetes, systemd, modelfile, python)
}
