"""The protocols that the function speaks; each turns bytes into calls of the core and back.

`application` chooses among them.
"""
