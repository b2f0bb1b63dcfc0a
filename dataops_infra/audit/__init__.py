"""The audit: policy packs over exported stacks, without a program, a cloud or the Pulumi CLI.

``run`` (in the process of the command) starts workers and joins what they found; a ``worker`` reads exports, one after
the other, and puts real pack processes over what stands in them. Only the worker's side imports Pulumi's SDK.
"""
