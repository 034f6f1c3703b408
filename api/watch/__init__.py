"""Subscriptions: who wants to know when the answer to a question changes, and how they are told."""

from __future__ import annotations

from api.watch.shelf import Notice, Subscription, Subscriptions
from api.watch.watcher import Watcher

__all__ = ["Notice", "Subscription", "Subscriptions", "Watcher"]
