"""The detector: what is seen goes in, what is to be done comes out. No clock, no I/O, no threads."""

from peerseal.server.guard.detector.decisions import Decision
from peerseal.server.guard.detector.rules import Rules
from peerseal.server.guard.detector.scoring import Scoring
from peerseal.server.guard.detector.sightings import Sighting, Who
from peerseal.server.guard.detector.subjects import Subject

__all__ = ["Decision", "Rules", "Scoring", "Sighting", "Subject", "Who"]
