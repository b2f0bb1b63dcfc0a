"""The two keys that must turn before a component destroys data.

======================  =======================  ==================================================================
``deletion_protection``  ``dataops:allowDataLoss``  what happens to the data when the component leaves the program
======================  =======================  ==================================================================
``True`` (default)      any                      the deletion is refused; were it forced, the data stays in the account
``False``               ``false`` (default)      the stack lets go of the data, which stays in the account
``False``               ``true``                 destroyed with everything in it
======================  =======================  ==================================================================

The same options go on a bucket's settings as on the bucket: ``retain_on_delete`` does not flow to children, and a
retained bucket must keep its policy, its encryption and its public-access block.
"""

from dataclasses import dataclass

import pulumi

from dataops_infra.foundation.inputs import Mistakes

CONFIG_KEY = "allowDataLoss"
"""The stack's key, in the namespace ``dataops``."""


@dataclass(frozen=True)
class Deletion:
    """What the two keys of one component say.

    :param protected: a deletion is refused.
    :param destroys_data: a deletion takes the data along.
    """

    protected: bool
    destroys_data: bool

    def options(self, **options: object) -> pulumi.ResourceOptions:
        """Resource options for a child that holds data, or guards it.

        ``protect`` stays unset rather than ``False``: a component that its user protects passes that on.
        """
        return pulumi.ResourceOptions(
            protect=True if self.protected else None,
            retain_on_delete=not self.destroys_data,
            **options,  # type: ignore[arg-type]
        )


def read_deletion(mistakes: Mistakes, deletion_protection: bool | None) -> Deletion:
    """Combine the component's argument (default: protected) with the stack's config."""
    protected = deletion_protection is not False
    return Deletion(protected=protected, destroys_data=not protected and _data_loss_allowed(mistakes))


def _data_loss_allowed(mistakes: Mistakes) -> bool:
    config = pulumi.Config("dataops")
    try:
        return config.get_bool(CONFIG_KEY) or False
    except pulumi.ConfigTypeError:
        mistakes.add(f"stack config dataops:{CONFIG_KEY}", "true or false", config.get(CONFIG_KEY))
        return False
