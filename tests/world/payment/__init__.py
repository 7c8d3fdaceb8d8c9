"""A machine for coins, notes and contactless cards, in software: it speaks nexo on loopback and keeps its own book.

The book is the judge of every test about money: what it says was kept and given back is what happened.
"""
