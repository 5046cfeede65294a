"""What the benchmark raises on purpose; its commands end with the message."""


class BenchmarkError(Exception):
    """The root of the tree; the message is a sentence for the person who measures."""


class MachineError(BenchmarkError):
    """The machine lacks what measuring needs, or does not let it write."""


class PeerError(BenchmarkError):
    """A peer could not be installed; the others are measured without it."""


class ContenderError(BenchmarkError):
    """A contender did not start, or did not answer with 200."""


class LoadError(BenchmarkError):
    """The load generator is missing or failed, or not every request was answered well."""
