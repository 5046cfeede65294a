"""What speaking to the cluster raises on purpose; each command turns it into its own end."""


class ClusterError(Exception):
    """The root of the tree; the message is a sentence for the operator."""


class CommandError(ClusterError):
    """A program that this package calls is missing or failed; the message holds its own words."""


class ConflictError(ClusterError):
    """Somebody else changed the object between reading and writing; nothing was written."""


class ManifestError(ClusterError):
    """The cluster does not take a manifest as it is; nothing was written."""


class NotInTimeError(ClusterError):
    """What was waited for did not come about in time."""


class RevisionError(ClusterError):
    """A revision is not there, or cannot take traffic; the message says why."""


class SplitError(ClusterError):
    """A split of the traffic is not one: a name, a percentage or the sum is wrong."""
