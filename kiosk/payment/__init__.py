"""The fee: the only room that speaks to the payment device, and it speaks only of orders by their id and of yen."""
