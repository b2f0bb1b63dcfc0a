"""The reference platform: the domain growth in two regions of AWS and of Google Cloud, as dev, staging and prod."""

import platform_aws
import platform_gcp
import pulumi

pulumi.export("aws", platform_aws.deploy())
pulumi.export("gcp", platform_gcp.deploy())
