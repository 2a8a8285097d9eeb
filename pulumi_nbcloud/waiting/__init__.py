"""Waiting for a condition over things that the stack does not manage; knows no Pulumi.

Five parts, each replaceable in a test: the observer polls (`observation`), the evaluator decides (`condition`), the
schedule determines when to poll again (`schedule`), the clock passes time (`clock`), the reporter notifies a person
(`report`). `wait` connects them.
"""
