"""Staged spaces: ordered slots and groups of slots, blocks with holes, fixed stem and head.

space      what may be built, checked          template   notation with holes
choices    what one slot may hold              control    all that may follow what, minimal
anatomy    an item's inner layers              geometry   what they do to sizes and fields
closure    the automaton of a space and a query
"""
