"""Where data flows: a graph over a stack, from its stores to what stands outside production.

``graph`` searches, ``places`` says what a name or an ARN is and whether it lies outside production, the modules
``edges_*`` hold the kinds of edges as tables, ``trails`` words what was found.
"""
