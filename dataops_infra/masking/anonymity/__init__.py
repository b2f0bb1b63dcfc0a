"""How hard it is to single a person out: k-anonymity, l-diversity, t-closeness, and reaching them."""
