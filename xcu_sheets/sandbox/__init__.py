"""An embedded XCU server to rehearse on, written by hand from the API document, not from the rest of the package."""

from .server import Sandbox
from .settings import Call, Fault, SandboxConfig, Switches

__all__ = ["Call", "Fault", "Sandbox", "SandboxConfig", "Switches"]
