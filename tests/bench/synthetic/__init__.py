"""A register of as many residents as one likes, made from a seed: names, families and addresses as in a city."""

from tests.bench.synthetic.loading import FIELD_KEY, individual_number_of, load

__all__ = ["FIELD_KEY", "individual_number_of", "load"]
