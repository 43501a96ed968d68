"""Why money does not agree between the shop, the payment processor and the bank."""
