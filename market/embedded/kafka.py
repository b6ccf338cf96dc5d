"""Apache Kafka, the real broker, one node in KRaft mode, from its published jars."""

import base64
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from market.embedded.failures import ensure_space, explain
from market.embedded.jars import kafka_jars
from market.embedded.java import java
from market.embedded.topics import broker_answers
from market.errors import StartError
from market.ports import LOOPBACK
from market.programs import Program, run_to_end

_SETTINGS: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A killed broker may register again once its last session is over.
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": "16777216",
}
_LOGGING: Final = """
status = error
appender.stdout.type = Console
appender.stdout.name = stdout
appender.stdout.layout.type = PatternLayout
appender.stdout.layout.pattern = %d{ISO8601}{UTC} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.stdout.ref = stdout
"""
NEEDED_MB: Final = 100
_OPTIONS: Final = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")


@dataclass(frozen=True)
class Kafka:
    """A broker on this machine, its own controller. Memory: a heap of 512 MB at most."""

    folder: Path
    port: int
    controller_port: int
    log: Path

    name = "kafka"

    @property
    def address(self) -> str:
        """Where clients find it: what KAFKA_BOOTSTRAP_SERVERS is to say."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def data(self) -> Path:
        """Where the broker keeps its topics."""
        return self.folder / "data"

    @property
    def program(self) -> Program:
        """The broker itself; SIGTERM ends it in order."""
        return Program(
            self.name, (*self._java("kafka.Kafka"), str(self._settings)), self.log
        )

    def prepare(self) -> None:
        """Fetch Kafka if this user has not yet, write its settings, format its folder.

        Safe to repeat: data that is there is kept.

        Raises:
            StartError: It could not be had or formatted; nothing of the data is left.
        """
        kafka_jars()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._settings.write_text("".join(f"{k}={v}\n" for k, v in self._all().items()))
            self._logging.write_text(_LOGGING)
        except OSError as why:
            raise StartError(
                explain("Kafka could not be set up", why, self.folder)
            ) from why
        if not (self.data / "meta.properties").exists():
            self._format()

    def ready(self) -> bool:
        """Return whether the broker takes clients."""
        return broker_answers(self.address)

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _logging(self) -> Path:
        return self.folder / "log4j2.properties"

    def _all(self) -> dict[str, str]:
        controller = f"{LOOPBACK}:{self.controller_port}"
        return {
            **_SETTINGS,
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(self.data),
        }

    def _java(self, main_class: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self._logging}"
        jars = os.pathsep.join(str(jar) for jar in kafka_jars())
        return [str(java()), *_OPTIONS, logging, "-cp", jars, main_class]

    def _format(self) -> None:
        cluster = (
            base64.urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).decode().strip("=")
        )
        shutil.rmtree(self.data, ignore_errors=True)
        ensure_space(self.folder, NEEDED_MB)
        tool = self._java("kafka.tools.StorageTool")
        try:
            run_to_end([*tool, "format", "-t", cluster, "-c", str(self._settings)])
        except (OSError, subprocess.CalledProcessError) as why:
            shutil.rmtree(self.data, ignore_errors=True)
            raise StartError(explain("Kafka could not be set up", why, self.data)) from why
