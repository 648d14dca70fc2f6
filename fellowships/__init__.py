"""Who is shortlisted: the best list within the balance asked for, with a proof that anybody can check.

Pure: no database, no web, no clock and no chance.
"""
