"""Tells the reasons that ``classify`` writes from those of people."""

import re

_OPENINGS = re.compile(
    r"the (name|type|values|contract) says?\b|the values are written as|presidio takes|\d+% of|\d+ different values|"
    r"one value in all|(texts|whole numbers|long texts) of|nothing here recognises|no value was seen|a short list|"
    r"short texts of|nearly all have|every value is|dates |days in|numbers (that|within)|whole numbers that|"
    r"a time of day|values of a type"
)


def is_of_classify(reason: str) -> bool:
    """Whether ``reason`` is, or begins as, one that ``classify`` gave: nobody has written why the column may stay."""
    return _OPENINGS.match(reason) is not None
