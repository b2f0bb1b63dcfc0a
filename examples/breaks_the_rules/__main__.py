"""What plain resources look like to the packs: this preview fails on purpose.

`dataops preview examples/breaks_the_rules --stack dev --policy-pack tagging` names the line, the rule and the fix;
`--policy-pack data-lake` and `--policy-pack pii` find more.
"""

import json

import pulumi_aws as aws

exports = aws.s3.Bucket("exports")  # no tags at all

dropbox = aws.s3.Bucket(
    "dropbox",
    tags={"CostCenter": "cc-1234", "owner": "Growth Data!", "environment": "production"},  # misspelt, illegal, unknown
)

aws.s3.BucketPolicy(
    "dropbox-policy",
    bucket=dropbox.bucket,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}],
        }
    ),
)
