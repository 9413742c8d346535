"""What the product is measured against: the same work as a competent Django developer writes it from the books."""
