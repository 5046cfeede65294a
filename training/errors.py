"""What training raises on purpose; `training.train` turns each into the end of the command."""


class TrainingError(Exception):
    """The root of the tree; the message is a sentence for the person who trains."""


class DownloadError(TrainingError):
    """The data could not be had from anywhere."""


class DataError(TrainingError):
    """A file is not the data that was expected."""


class RuleError(TrainingError):
    """A rule for the choice of a threshold is none."""


class RefitError(TrainingError):
    """A model's recipe cannot be fitted again, or that would tell nothing."""
