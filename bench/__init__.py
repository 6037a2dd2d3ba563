"""The comparison of Chorus with other stacks: servers, loads and scenarios, measured side by side in one run."""
