"""What Chorus adds to the cluster's command line: `admin`, `chaos`, `demo` and `redis`."""
