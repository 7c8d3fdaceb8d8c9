"""組版: page types laid out once by WeasyPrint, and filled for each certificate.

`compiling` lays out, `setting` breaks lines, `filling` puts texts into places, `writing` makes the PDF; `reference` is
the full layout of the same pages, against which the compiled ones are held and which sets what they cannot.
"""
