"""What the pump remembers across a loss of power: a log of records in two copies, on storage that may fail.

`storage` is the medium, `records` how one record is framed, `recovery` what a damaged medium still says, `memory` the log.
"""
