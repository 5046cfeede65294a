"""The targets of the peers: functions as they are written for functions-framework.

They are given to it as files, so nothing imports them.
"""
