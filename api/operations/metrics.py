"""Numbers for Prometheus, in a registry of the app's own: two apps in one process do not mix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

#: Seconds: a small question takes one to three milliseconds, a long one ends after thirty seconds.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
Reader = Callable[[], Mapping[str, float]]


class Metrics:
    """What the app counts.

    Attributes:
        in_flight: requests that are being answered.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._requests = Counter(
            "twin_http_requests", "Requests by operation and status.", ["operation", "method", "status"],
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "twin_http_request_duration_seconds", "Time to the end of the answer.", ["operation"],
            buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._bytes = Counter(
            "twin_http_response_bytes", "Bytes of answers.", ["operation"], registry=self.registry
        )  # fmt: skip
        self.in_flight = Gauge(
            "twin_http_requests_in_flight", "Requests that are being answered.", registry=self.registry
        )
        info = Gauge("twin_build_info", "Version of the program.", ["version"], registry=self.registry)
        info.labels(version("infrastructure-twin")).set(1)

    def count(self, operation: str, method: str, status: int, seconds: float, sent: int) -> None:
        """One request: what it asked, how it ended, seconds and bytes."""
        known = method if method in KNOWN_METHODS else "other"
        self._requests.labels(operation, known, str(status)).inc()
        self._seconds.labels(operation).observe(seconds)
        self._bytes.labels(operation).inc(sent)

    def watch(self, name: str, says: str, label: str | None, read: Reader) -> None:
        """A gauge that is read when somebody asks for the metrics.

        Args:
            name: as in ``twin_jobs``. says: one sentence for readers.
            label: what the keys of *read* are, as in ``state``; None for one number (under the key ``""``).
            read: value by label, without waiting for anything: ``lambda: {"queued": 3, "running": 1}``.
        """
        self.registry.register(_Watched(name, says, label, read))

    def text(self, accept: str) -> tuple[bytes, str]:
        """All numbers and their media type: OpenMetrics for who asks for it, else Prometheus' text."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type


#: Methods that a client makes up are one label, or it could fill the memory.
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Watched(Collector):
    def __init__(self, name: str, says: str, label: str | None, read: Reader) -> None:
        self._name, self._says, self._label, self._read = name, says, label, read

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(self._name, self._says, labels=[self._label] if self._label else [])
        for key, value in self._read().items():
            family.add_metric([key] if self._label else [], value)
        yield family
