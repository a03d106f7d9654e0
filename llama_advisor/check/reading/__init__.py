"""What files deploy: entries with places, their kinds, and from them models with what is set beside them."""
