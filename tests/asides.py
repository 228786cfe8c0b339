"""What is put aside in a stack, for the tests that build it: shares only the parsed layers."""

from rfsearch.layers.layer import Block


def summed(items):
    """Of each A(…), in order: whether the next SUM or CAT behind it is a SUM."""
    told = []

    def follow(items):
        for item in items:
            if isinstance(item, Block):
                if item.join == "A":
                    told.append(None)
                for branch in item.branches:
                    follow(branch)
            elif item.op in ("SUM", "CAT"):
                told[:] = [item.op == "SUM" if one is None else one for one in told]

    follow(items)
    return [bool(one) for one in told]
