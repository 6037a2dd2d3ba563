"""What the command line and the manager say to each other: JSON lines on CHORUS_HOME/rpc.sock.

A connection carries one request and the stream of its answer: any number of `Progress`, ended by exactly one of
`Done`, `ClusterStatus`, `SampleSeries`, `LogFiles`, `Descriptions` or `Failed`. Another request may follow on the same
connection. The client may close at any time; what it asked for goes on.

    → {"type": "Scale", "target": "chat", "change": "+2"}
    ← {"type": "Progress", "text": "chat:2 online", "done": 1, "total": 2}
    ← {"type": "Progress", "text": "chat:3 online", "done": 2, "total": 2}
    ← {"type": "Done", "text": "chat has 4 instances", "changed": true}

A target is "all", an application's name, a namespace, an instance's id, "name:number", or "/regular expression/" over
names.
Version skew: a field added later has a default; a field that is not known is ignored.
"""

from chorus.cluster.messages.answers import (
    Answer,
    ApplicationStatus,
    ClusterStatus,
    Descriptions,
    Done,
    Failed,
    FailureCode,
    Final,
    InstanceSamples,
    InstanceState,
    InstanceStatus,
    LogFile,
    LogFiles,
    Progress,
    RaisedAlert,
    SampleSeries,
)
from chorus.cluster.messages.lines import (
    LARGEST_MESSAGE,
    MessageError,
    decode_answer,
    decode_request,
    encode,
)
from chorus.cluster.messages.requests import (
    Adopt,
    Configure,
    Delete,
    Describe,
    Description,
    Kill,
    Logs,
    Ping,
    Rebalance,
    Reload,
    Request,
    Reset,
    Restart,
    Restore,
    Role,
    Samples,
    Scale,
    Signal,
    Start,
    Status,
    Stop,
    Target,
    Targets,
    Update,
)

__all__ = [
    "LARGEST_MESSAGE",
    "Adopt",
    "Answer",
    "ApplicationStatus",
    "ClusterStatus",
    "Configure",
    "Delete",
    "Describe",
    "Description",
    "Descriptions",
    "Done",
    "Failed",
    "FailureCode",
    "Final",
    "InstanceSamples",
    "InstanceState",
    "InstanceStatus",
    "Kill",
    "LogFile",
    "LogFiles",
    "Logs",
    "MessageError",
    "Ping",
    "Progress",
    "RaisedAlert",
    "Rebalance",
    "Reload",
    "Request",
    "Reset",
    "Restart",
    "Restore",
    "Role",
    "SampleSeries",
    "Samples",
    "Scale",
    "Signal",
    "Start",
    "Status",
    "Stop",
    "Target",
    "Targets",
    "Update",
    "decode_answer",
    "decode_request",
    "encode",
]
