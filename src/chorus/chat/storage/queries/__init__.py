"""The statements, the same for both databases: functions of a connection whose transaction somebody else opened."""
