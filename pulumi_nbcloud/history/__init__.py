"""The history: a record of every wait in a folder, one line of JSON for its begin, each change and its end.

Three parts: `records` says what a line holds, `writing` appends lines, `reading` puts the lines of many processes
together. `listener` connects them with the waits of this process.
"""
