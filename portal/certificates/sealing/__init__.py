"""封印: what makes a sheet provable: the stamp on every page, the tie between pages, the document's signature."""
