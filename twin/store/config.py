"""The managed server's files: configuration, JVM arguments and password."""

from __future__ import annotations

import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

from twin.store.jars import class_path

MAIN_CLASS = {True: "org.neo4j.server.CommunityEntryPoint", False: "org.neo4j.server.Neo4jCommunity"}
ADMIN_CLASS = "org.neo4j.cli.AdminTool"
OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
DIRECTORIES = ("data", "logs", "run", "plugins", "import", "conf")


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of the server in megabytes: Java heap and page cache."""

    heap_mb: int
    page_cache_mb: int

    @classmethod
    def of_machine(cls) -> Memory:
        """A share of this machine's memory: an eighth as heap (512 MB to 2 GB), as much as page cache (128 MB up)."""
        total = psutil.virtual_memory().total // 1_000_000
        return cls(min(max(total // 8, 512), 2048), min(max(total // 8, 128), 2048))


def is_old(version: str) -> bool:
    """Whether this is the 5.26 line."""
    return version.startswith("5.")


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether we could listen on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on; complete or not at all."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def make_password() -> str:
    """A fresh random password; hexadecimal, because one that began with a dash would be read as an option."""
    return secrets.token_hex(24)


def write_config(home: Path, version: str, port: int, memory: Memory) -> None:
    """``conf/neo4j.conf``; Neo4j refuses unknown settings, so it has just what is needed."""
    for name in DIRECTORIES:
        (home / name).mkdir(parents=True, exist_ok=True)
    settings = {
        "server.directories.data": home / "data",
        "server.directories.logs": home / "logs",
        "server.directories.run": home / "run",
        "server.directories.plugins": home / "plugins",
        "server.directories.import": home / "import",
        "server.directories.transaction.logs.root": home / "data" / "transactions",
        "server.default_listen_address": "127.0.0.1",
        "server.bolt.listen_address": f"127.0.0.1:{port}",
        "server.bolt.advertised_address": f"127.0.0.1:{port}",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "dbms.usage_report.enabled": "false",
        "db.tx_log.preallocate": "false",
        "db.tx_log.rotation.retention_policy": "2 files",
        # Bolt would wait 10 s for stragglers although all databases are closed by then, which ends their connections.
        "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
        "internal.server.bolt.thread_pool_shutdown_wait_time": "1s",
        "server.memory.pagecache.size": f"{memory.page_cache_mb}m",
    }
    if not is_old(version):
        settings["db.query.default_language"] = "CYPHER_25"
    text = "".join(f"{key}={value}\n" for key, value in settings.items())
    write_private(home / "conf" / "neo4j.conf", text)


def write_arguments(home: Path, version: str, jars: list[Path], memory: Memory) -> Path:
    """The file of JVM arguments (a class path of 237 jars is too long for a readable process list)."""
    lines = [
        f"-Xms{min(memory.heap_mb, 512)}m",
        f"-Xmx{memory.heap_mb}m",
        "-XX:+UseG1GC",
        "-XX:-OmitStackTraceInFastThrow",
        "-XX:+ExitOnOutOfMemoryError",
        f"-XX:ErrorFile={home / 'logs' / 'hs_err_%p.log'}",
        *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED),
        "--enable-native-access=ALL-UNNAMED",
        "-Dio.netty.tryReflectionSetAccessible=true",
        "-Dlog4j2.disable.jmx=true",
        "-Dfile.encoding=UTF-8",
    ]
    if not is_old(version):
        lines.append("--sun-misc-unsafe-memory-access=allow")
    lines.append(f"-cp {_quoted(class_path(jars))}")
    path = home / "conf" / "java.args"
    write_private(path, "\n".join(_quoted(x) if " " in x and not x.startswith("-cp") else x for x in lines) + "\n")
    return path


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def remove_files(home: Path, names: tuple[str, ...]) -> None:
    """Remove what the server made in its home."""
    for name in (*DIRECTORIES, *names):
        path = home / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
