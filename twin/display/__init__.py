"""What notebooks do with an answer: tables, layers, graphs, and a picture with no network."""

from twin.display.answer import Answer
from twin.display.rows import Findings, Rows
from twin.display.where import Where

__all__ = ["Answer", "Findings", "Rows", "Where"]
