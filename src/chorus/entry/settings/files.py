"""Where attached files lie."""

from typing import Annotated

import msgspec

from chorus.entry.settings.variables import Kind, Variable, url_with, whole_number


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Where attached files lie, and how large they may be."""

    url: Annotated[
        str,
        Variable(
            "CHORUS_FILES_URL",
            "Where attached files are kept: a folder that all instances share, or a bucket that speaks S3, with the "
            "credentials in AWS's own variables (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, "
            "AWS_ENDPOINT_URL); for that, install chorus[s3].",
            Kind("file:///… or s3://…", url_with("file", "s3")),
        ),
    ] = "file://{home}/data/files"
    limit: Annotated[
        int,
        Variable(
            "CHORUS_FILE_LIMIT",
            "How large one file may be.",
            Kind("megabytes, a whole number from 1 to 10000", whole_number(1, 10_000), unit="MB"),
        ),
    ] = 50
    """Megabytes."""
