"""組版: page types laid out once by WeasyPrint, and filled for each certificate.

`slots` are what a page template is given, `compiling` lays it out, `setting` breaks lines, `filling` puts texts into
their places, and `weasy` is all that is taken from the inside of WeasyPrint.
"""
