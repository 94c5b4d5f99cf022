"""Every part of the product, tried."""
