"""A regional outage that plays out by itself, for whoever wants to see what the product does."""
