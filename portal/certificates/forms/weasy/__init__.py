"""Everything of WeasyPrint and pydyf that is not their documented interface (versions pinned, contract test).

`layout` reads where WeasyPrint has put texts and pictures, and takes what it draws besides texts. `exact` lets
WeasyPrint write its own pages with a code for every text. `writer` writes pages of ours through WeasyPrint's writer,
which makes fonts, metadata, PDF/A and cross references.
"""
