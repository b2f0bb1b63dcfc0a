"""Replacement pools: lists of invented names, places and jobs, frozen as data files with their SHA-256."""

from dataops_infra.masking.pools.frozen import LISTS, POOLS, Pool, load_pool, pool_hashes

__all__ = ["LISTS", "POOLS", "Pool", "load_pool", "pool_hashes"]
