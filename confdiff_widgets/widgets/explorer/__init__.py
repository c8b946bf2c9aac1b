"""The Explorer: run the sampler step by step; watch structures, energies and diversity."""

from .explorer import Explorer

__all__ = ["Explorer"]
