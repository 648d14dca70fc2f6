"""Floor 5, command line: `flask --app app …`.

Files in, files out; exit status 0 done, 1 refused by the data, 2 wrong use.
"""
