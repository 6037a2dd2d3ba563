"""What programs that were written for Slack send, read as messages of ours. Pure."""
