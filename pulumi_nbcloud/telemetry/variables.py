"""Read the standard variables of OpenTelemetry that enable signals; its exporters read those for the transport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pulumi_nbcloud.printable import printable

Signal = Literal["traces", "metrics"]
SIGNALS: tuple[Signal, ...] = ("traces", "metrics")

GRPC, HTTP = "grpc", "http/protobuf"
PACKAGES = {GRPC: "opentelemetry-exporter-otlp-proto-grpc", HTTP: "opentelemetry-exporter-otlp-proto-http"}
"""The package of each protocol's exporters. Pulumi's SDK depends on the first, so it is the default."""


@dataclass(frozen=True)
class Plan:
    """The signals to send.

    Args:
        protocols: the protocol of each signal; a disabled signal is missing.
        problems: the settings that are ignored, one line each.
    """

    protocols: Mapping[Signal, str]
    problems: tuple[str, ...] = ()


def plan_of(environment: Mapping[str, str]) -> Plan | None:
    """Read the variables.

    Args:
        environment: the process's variables.

    Returns:
        The signals to send; None without an endpoint, or with the SDK disabled.
    """
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    wanted: list[Signal] = [each for each in SIGNALS if _first(environment, each, "ENDPOINT")]
    if not wanted:
        return None
    protocols: dict[Signal, str] = {}
    problems: list[str] = []
    for signal in wanted:
        exporter = f"OTEL_{signal.upper()}_EXPORTER"
        chosen = environment.get(exporter, "").strip() or "otlp"
        variable, protocol = _first(environment, signal, "PROTOCOL") or ("", GRPC)
        if chosen == "none":
            continue
        if chosen != "otlp":
            problems.append(_refused(exporter, chosen, signal, "otlp or none"))
        elif protocol not in PACKAGES:
            problems.append(_refused(variable, protocol, signal, f"{GRPC} or {HTTP}"))
        else:
            protocols[signal] = protocol
    if environment.get("OTEL_CONFIG_FILE", "").strip():
        problems.append("OpenTelemetry: OTEL_CONFIG_FILE is not honoured; the other variables are")
    return Plan(protocols, tuple(problems)) if protocols or problems else None


def _first(environment: Mapping[str, str], signal: Signal, name: str) -> tuple[str, str] | None:
    """Return the variable of a signal, or otherwise that of all signals, with its value."""
    for variable in (f"OTEL_EXPORTER_OTLP_{signal.upper()}_{name}", f"OTEL_EXPORTER_OTLP_{name}"):
        value = environment.get(variable, "").strip()
        if value:
            return variable, value
    return None


def _refused(variable: str, value: str, signal: Signal, known: str) -> str:
    return f"OpenTelemetry: {variable} is {printable(value, 40)}, so no {signal} are sent; use {known}"
