"""Data platforms on AWS and GCP with Pulumi: write the rules down once, apply, enforce, watch and transform by them."""

__version__ = "0.1.0"
