"""The history: a record of every wait in a folder, one JSON line each for its start, its changes and its end.

Three parts: `records` defines the lines, `writing` appends them, `reading` combines the lines of many processes.
`listener` connects them with the waits of this process.
"""
