"""The manager of a cluster: `python -m chorus.cluster.manager HOME`, kept running by the keeper."""
