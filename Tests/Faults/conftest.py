"""The host program and the stubs of the conformance tests, for the faults that are made around a whole host."""

import importlib.util
import pathlib
import sys

# Both folders have a conftest.py, so this one goes by another name.
_spec = importlib.util.spec_from_file_location(
    "conformance", pathlib.Path(__file__).resolve().parents[1] / "Conformance" / "conftest.py")
conformance = importlib.util.module_from_spec(_spec)
sys.modules["conformance"] = conformance
_spec.loader.exec_module(conformance)

stubs = conformance.stubs
