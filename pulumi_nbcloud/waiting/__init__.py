"""Waiting for a condition over things that the stack does not manage; knows no Pulumi.

Five parts, each replaceable in a test: the observer looks (`observing`), the judge decides (`condition`), the schedule
says when to look again (`schedule`), the clock passes time (`clock`), the reporter tells a person (`reporting`). `loop`
puts them together.
"""
