"""What the client raises on purpose; each message is a sentence that says what to do."""


class ClientError(Exception):
    """The root of the tree."""


class OptionError(ClientError):
    """An option, the key or a file's name is not as it should be."""


class SourceError(ClientError):
    """The input cannot be read."""


class OutputError(ClientError):
    """The output cannot be written, or is not ours to write."""


class ResumeError(ClientError):
    """What an earlier run has left does not belong to this one."""


class RefusedError(ClientError):
    """The function, or what is before it, does not want what was sent; nor will it later."""


class AnswerError(ClientError):
    """What came is no answer of the function's."""


class UnreachableError(ClientError):
    """No try brought an answer; a later run may go on."""
