"""Classifies a dataset: what each column holds, and so what is done with it, as a plan that people review.

Contracts come first, then names, validators over sampled values, gazetteers; what nothing recognises is masked.
"""

from dataops_infra.masking.classify.classifying import Choices, classify

__all__ = ["Choices", "classify"]
