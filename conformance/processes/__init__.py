"""Many real processes of a target: what they are asked together, and how a pool is fitted to their ids."""
