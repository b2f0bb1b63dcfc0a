"""Masks datasets: a copy in which joins still work and nobody can be found, published only when a gate has proven it.

Nothing here imports Pulumi or a cloud SDK, so that the container of a masking job stays small; the extra ``masking``
brings what it needs, the extra ``ner`` presidio. One function, :func:`.masker.mask_batch`, serves every engine.
"""
