"""The page of the outside world: put a card on a reader, feed or jam paper, see the sheets that came out."""
