"""The words of the data set, as a search compares them."""
