"""What the verbs of models have in common: what an object cannot do in its state, it refuses."""


class NotPossible(Exception):
    """A verb that the state of its object does not allow; the text says why, in words for the form."""
