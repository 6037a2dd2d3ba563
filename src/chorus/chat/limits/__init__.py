"""How often something may be done: counted in Redis for all instances, in memory where there is none."""
